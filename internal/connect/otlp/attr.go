package otlp

import (
	"bytes"
	"strconv"
)

// attrID is an attribute that matters, under its new and its old name. Where
// a sender writes both (OTEL_SEMCONV_STABILITY_OPT_IN=…/dup), the new one
// counts.
//
// Names: https://opentelemetry.io/docs/specs/semconv/ (database, messaging,
// http, rpc, general attributes) and their migration guides.
type attrID uint8

const (
	dbSystem attrID = iota
	dbName
	peerService
	peerHost
	peerAddress // an address, where no name is known
	peerPort
	peerURL
	msgSystem
	msgName
	msgTemplate // the name without its changing parts
	msgFleeting // a queue that exists for one answer
	rpcSystem
	rpcService
	attrCount
)

// attrs are the attributes of one span that matter.
type attrs struct {
	text [attrCount][]byte
	has  uint32 // bit per attrID
	old  uint32 // bit per attrID: it came under its old name
	num  [24]byte
}

func (a *attrs) set(id attrID, v value, old bool) {
	bit := uint32(1) << id
	if old && a.has&bit != 0 && a.old&bit == 0 {
		return
	}
	var t []byte
	switch v.kind {
	case textValue:
		t = bytes.TrimSpace(v.text)
	case intValue, boolValue:
		if id == peerPort || id == dbName { // net.peer.port, db.redis.database_index
			from := 0
			if id == dbName {
				from = 12
			}
			t = strconv.AppendInt(a.num[from:from:from+12], v.n, 10)
		} else if v.n != 0 {
			t = []byte("1")
		}
	case noValue:
	}
	if len(t) == 0 {
		return
	}
	a.text[id] = t
	a.has |= bit
	if old {
		a.old |= bit
	} else {
		a.old &^= bit
	}
}

func (a *attrs) get(id attrID) []byte {
	if a.has&(1<<id) == 0 {
		return nil
	}
	return a.text[id]
}

// see takes one attribute of a span.
func (a *attrs) see(key []byte, v value) {
	switch string(key) {
	case "db.system.name":
		a.set(dbSystem, v, false)
	case "db.system":
		a.set(dbSystem, v, true)
	case "db.namespace":
		a.set(dbName, v, false)
	case "db.name", "db.redis.database_index":
		a.set(dbName, v, true)
	case "service.peer.name":
		a.set(peerService, v, false)
	case "peer.service":
		a.set(peerService, v, true)
	case "server.address":
		a.set(peerHost, v, false)
	case "net.peer.name", "http.host", "net.sock.peer.name":
		if a.has&(1<<peerHost) == 0 || string(key) == "net.peer.name" {
			a.set(peerHost, v, true)
		}
	case "network.peer.address":
		a.set(peerAddress, v, false)
	case "net.peer.ip", "net.sock.peer.addr":
		a.set(peerAddress, v, true)
	case "server.port":
		a.set(peerPort, v, false)
	case "net.peer.port":
		a.set(peerPort, v, true)
	case "url.full":
		a.set(peerURL, v, false)
	case "http.url":
		a.set(peerURL, v, true)
	case "messaging.system":
		a.set(msgSystem, v, false)
	case "messaging.destination.name":
		a.set(msgName, v, false)
	case "messaging.destination":
		a.set(msgName, v, true)
	case "messaging.destination.template":
		a.set(msgTemplate, v, false)
	case "messaging.destination.temporary", "messaging.destination.anonymous":
		a.set(msgFleeting, v, false)
	case "messaging.temp_destination":
		a.set(msgFleeting, v, true)
	case "rpc.system.name":
		a.set(rpcSystem, v, false)
	case "rpc.system":
		a.set(rpcSystem, v, true)
	case "rpc.service":
		a.set(rpcService, v, false)
	}
}

// What a span's attributes point to.
type pointer uint8

const (
	toNothing pointer = iota
	toQueue
	toDatabase
	toPeer // a service or a host
)

// key appends what decides which node the attributes name, so that equal
// pointers are worked out once; text that changes with every request (paths,
// queries) is left out.
func (a *attrs) key(b []byte, from resource) ([]byte, pointer) {
	part := func(id attrID) {
		b = append(append(b, a.get(id)...), 0)
	}
	env := func(class byte) {
		b = append(b, class, byte(from.env), byte(from.env>>8), byte(from.env>>16))
	}
	host, port := a.host()
	switch {
	case a.get(msgSystem) != nil && (a.get(msgName) != nil || a.get(msgTemplate) != nil) && a.get(msgFleeting) == nil:
		env('q')
		part(msgSystem)
		if a.get(msgTemplate) != nil {
			part(msgTemplate)
		} else {
			part(msgName)
		}
		return b, toQueue
	case a.get(dbSystem) != nil:
		env('d')
		if host == nil {
			b = strconv.AppendUint(b, uint64(from.node), 10)
		}
		b = append(b, 0)
		part(dbSystem)
		part(dbName)
		part(peerService)
	case a.get(peerService) != nil || host != nil || a.get(rpcService) != nil:
		env('p')
		part(peerService)
		part(rpcSystem)
		if host == nil || string(a.get(rpcSystem)) == awsAPI {
			part(rpcService)
		} else {
			b = append(b, 0)
		}
	default:
		return b, toNothing
	}
	b = append(append(b, host...), 0)
	b = append(append(b, port...), 0)
	if len(host) > 0 && bytes.IndexByte(host, '.') < 0 {
		b = strconv.AppendUint(b, uint64(from.node), 10) // a bare name means another thing in another namespace
	}
	if a.get(dbSystem) != nil {
		return b, toDatabase
	}
	return b, toPeer
}

// awsAPI is the rpc.system of the AWS SDKs, whose rpc.service ("S3") says more
// than the host.
const awsAPI = "aws-api"

// host is the peer's host and port, from the best attribute that names one.
// Loopback and sockets are none: what listens there is a part of the caller.
func (a *attrs) host() (host, port []byte) {
	host = a.get(peerHost)
	if host == nil {
		host = hostOf(a.get(peerURL))
	}
	if host == nil {
		host = a.get(peerAddress)
	}
	host, port = cutPort(host)
	if p := a.get(peerPort); p != nil {
		port = p
	}
	if len(host) == 0 || host[0] == '/' || host[0] == '@' || string(host) == "localhost" || string(host) == "::1" ||
		len(host) > 4 && string(host[:4]) == "127." {
		return nil, nil
	}
	return host, port
}

// hostOf is host:port of an address such as https://user@host:8443/path?q.
func hostOf(url []byte) []byte {
	i := bytes.Index(url, []byte("://"))
	if i < 0 {
		return nil
	}
	rest := url[i+3:]
	if end := bytes.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if at := bytes.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	return rest
}

// cutPort splits host:port; IPv6 addresses have colons of their own.
func cutPort(h []byte) (host, port []byte) {
	if len(h) > 0 && h[0] == '[' {
		end := bytes.IndexByte(h, ']')
		if end < 0 {
			return nil, nil
		}
		host, h = h[1:end], h[end+1:]
		if len(h) > 1 && h[0] == ':' {
			port = h[1:]
		}
		return host, port
	}
	if i := bytes.IndexByte(h, ':'); i >= 0 && i == bytes.LastIndexByte(h, ':') {
		return h[:i], h[i+1:]
	}
	return h, nil
}
