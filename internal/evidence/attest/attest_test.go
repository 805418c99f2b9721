package attest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// signer is a log's key, as the audit practice lends it.
type signer struct{ key evidence.Key }

func (s signer) Key() evidence.Public              { return s.key.Public() }
func (s signer) SignMessage(message []byte) []byte { return s.key.SignMessage(message) }

// memory is a log in memory.
type memory struct {
	hashes []tlog.Hash
	texts  [][]byte
}

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for n, i := range indexes {
		out[n] = m.hashes[i]
	}
	return out, nil
}

func (m *memory) add(t *testing.T, e evidence.Entry) int64 {
	t.Helper()
	n := int64(len(m.texts))
	text, err := evidence.Canonical(nil, evidence.Stamp{Leaf: n + 1, At: time.Date(2026, 3, 2, 14, int(n%60), 0, 0, time.UTC), Actor: "user:17", Via: "page"}, e)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := tlog.StoredHashes(n, text, m)
	if err != nil {
		t.Fatal(err)
	}
	m.hashes, m.texts = append(m.hashes, stored...), append(m.texts, text)
	return n
}

// sealed is a file about CHG-7 in a log of 40 entries.
func sealed(t *testing.T, key evidence.Key) (file []byte, env Envelope) {
	t.Helper()
	m := &memory{}
	var own []int64
	for n := range 40 {
		e := evidence.Entry{Action: "change.deployed", Record: ref.N(ref.Change, int64(n%4)+5), Version: int64(n)}
		if i := m.add(t, e); n%4 == 2 {
			own = append(own, i)
		}
	}
	st := Statement{Type: StatementType, PredicateType: "https://evenkeel.dev/change/v1", Subject: []Subject{{Name: "harbour/checkout", Digest: map[string]string{"gitCommit": strings.Repeat("1a", 20)}}},
		Predicate: Predicate{Record: "CHG-7", Related: []string{"DEC-70"}, Content: json.RawMessage(`{"title":"Fewer queries < 3 & more"}`)}}
	for _, i := range own {
		st.Predicate.Entries = append(st.Predicate.Entries, evidence.LeafHash(m.texts[i]))
	}
	body, err := st.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	own = append(own, m.add(t, evidence.Entry{Action: "change.packet", Record: ref.N(ref.Change, 7), Data: map[string]string{"statement": Digest(body)}}))
	m.add(t, evidence.Entry{Action: "later", Record: ref.N(ref.Change, 7)})
	size := int64(len(m.texts))
	root, err := tlog.TreeHash(size, m)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := key.Sign(1, size, root)
	if err != nil {
		t.Fatal(err)
	}
	log := Log{Key: key.Public().String(), Checkpoint: cp.Note}
	for _, i := range own {
		path, err := tlog.ProveRecord(size, i, m)
		if err != nil {
			t.Fatal(err)
		}
		log.Entries = append(log.Entries, Entry{i, string(m.texts[i]), path})
	}
	if env, err = Seal(body, signer{key}, log); err != nil {
		t.Fatal(err)
	}
	if file, err = env.Bytes(); err != nil {
		t.Fatal(err)
	}
	return file, env
}

func newKey(t *testing.T) evidence.Key {
	t.Helper()
	key, err := evidence.NewKey("harbour.example")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestGood(t *testing.T) {
	key := newKey(t)
	file, _ := sealed(t, key)
	r := Verify(file, Options{})
	if !r.OK || r.Pinned || r.Record != "CHG-7" || r.Entries != 10 || r.Index != 40 || r.Signed != 42 || r.Issued.IsZero() || r.Subjects[0] != "harbour/checkout gitCommit:"+strings.Repeat("1a", 20) {
		t.Errorf("%+v %v", r, r.Bad)
	}
	if r = Verify(file, Options{Keys: []evidence.Public{newKey(t).Public(), key.Public()}}); !r.OK || !r.Pinned {
		t.Errorf("%+v %v", r, r.Bad)
	}
	if r = Verify(file, Options{Keys: []evidence.Public{newKey(t).Public()}}); r.OK || r.Bad.Fault != evidence.Forged {
		t.Errorf("another key: %+v", r)
	}
	if r = Verify(file, Options{Known: []evidence.Known{{Size: 42, Name: "a published one"}}}); r.OK || r.Bad.Fault != evidence.Forked {
		t.Errorf("another history: %+v", r)
	}
	if !Recognise(file) || Recognise([]byte("evenkeel-evidence-export 1\n")) {
		t.Error("not recognised")
	}
}

// Every byte counts: whichever is changed, added or taken away, the file is
// not good any more.
func TestAnyEditedByte(t *testing.T) {
	file, _ := sealed(t, newKey(t))
	for n := range file {
		for _, x := range []byte{1, 0x20} {
			edited := bytes.Clone(file)
			edited[n] ^= x
			if r := Verify(edited, Options{}); r.OK || r.Bad == nil || r.Bad.Words == "" {
				t.Fatalf("byte %d as %q instead of %q is good", n, edited[n], file[n])
			}
		}
		if r := Verify(append(bytes.Clone(file[:n]), file[n+1:]...), Options{}); r.OK {
			t.Fatalf("without byte %d (%q) it is good", n, file[n])
		}
		if n%7 == 0 {
			if r := Verify(append(append(bytes.Clone(file[:n]), ' '), file[n:]...), Options{}); r.OK {
				t.Fatalf("with a space before byte %d it is good", n)
			}
		}
	}
}

// Somebody with a JSON library, but without the key, gets nowhere.
func TestForgeries(t *testing.T) {
	key := newKey(t)
	_, good := sealed(t, key)
	_, other := sealed(t, newKey(t))
	payload, _ := base64.StdEncoding.DecodeString(good.Payload)
	for name, edit := range map[string]func(e *Envelope){
		"another statement": func(e *Envelope) {
			e.Payload = base64.StdEncoding.EncodeToString(bytes.Replace(payload, []byte("Fewer"), []byte("Lower"), 1))
		},
		"another type":         func(e *Envelope) { e.PayloadType = "application/json" },
		"no signature":         func(e *Envelope) { e.Signatures = nil },
		"two signatures":       func(e *Envelope) { e.Signatures = append(e.Signatures, e.Signatures[0]) },
		"another's signature":  func(e *Envelope) { e.Signatures = other.Signatures },
		"another's log":        func(e *Envelope) { e.Log = other.Log },
		"another's key":        func(e *Envelope) { e.Log.Key = other.Log.Key },
		"another's checkpoint": func(e *Envelope) { e.Log.Checkpoint = other.Log.Checkpoint },
		"an entry less":        func(e *Envelope) { e.Log.Entries = e.Log.Entries[1:] },
		"an entry of the middle": func(e *Envelope) {
			e.Log.Entries = append(append([]Entry{}, e.Log.Entries[:3]...), e.Log.Entries[4:]...)
		},
		"no entry about it": func(e *Envelope) { e.Log.Entries = e.Log.Entries[:len(e.Log.Entries)-1] },
		"other order":       func(e *Envelope) { e.Log.Entries[0], e.Log.Entries[1] = e.Log.Entries[1], e.Log.Entries[0] },
		"an edited entry": func(e *Envelope) {
			e.Log.Entries[2].Entry = strings.Replace(e.Log.Entries[2].Entry, "user:17", "user:18", 1)
		},
		"twice":   func(e *Envelope) { e.Log.Entries = append(e.Log.Entries, e.Log.Entries[9]) },
		"witness": func(e *Envelope) { e.Log.Checkpoint += "— other.example AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n" },
	} {
		e := good
		e.Log.Entries = append([]Entry{}, good.Log.Entries...)
		e.Signatures = append([]Signature{}, good.Signatures...)
		edit(&e)
		file, err := e.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		r := Verify(file, Options{})
		if r.OK {
			t.Errorf("%s is good", name)
		}
		t.Logf("%s: %s", name, r.Bad.Words)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add([]byte("{}"))
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"","sig":""}],"log":{"key":"a+b+c","checkpoint":"x\n1\ny\n\n","entries":[{"index":-1,"entry":"","path":null}]}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		if r := Verify(file, Options{}); r.OK {
			t.Errorf("%q is good", file)
		}
	})
}
