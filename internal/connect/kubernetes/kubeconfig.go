package kubernetes

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Kubeconfig says which cluster is asked and as whom
// (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/).
type Kubeconfig struct {
	Path      string // file; empty: the pod's own service account
	Context   string // empty: the file's current context
	Insecure  bool   // accept insecure-skip-tls-verify and plain HTTP
	Namespace string // only this one; empty: all, and what belongs to none

	// Without are resources ("configmaps") that are not asked for.
	Without []string

	account string // directory of the service account; empty: where Kubernetes mounts it
}

const mounted = "/var/run/secrets/kubernetes.io/serviceaccount"

type kubeconfigFile struct {
	CurrentContext string `json:"current-context"`
	Clusters       []struct {
		Name    string `json:"name"`
		Cluster struct {
			Server        string `json:"server"`
			CAFile        string `json:"certificate-authority"`
			CAData        string `json:"certificate-authority-data"`
			Insecure      bool   `json:"insecure-skip-tls-verify"`
			TLSServerName string `json:"tls-server-name"`
			ProxyURL      string `json:"proxy-url"`
		} `json:"cluster"`
	} `json:"clusters"`
	Contexts []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster string `json:"cluster"`
			User    string `json:"user"`
		} `json:"context"`
	} `json:"contexts"`
	Users []struct {
		Name string `json:"name"`
		User struct {
			Token        string          `json:"token"`
			TokenFile    string          `json:"tokenFile"`
			CertFile     string          `json:"client-certificate"`
			CertData     string          `json:"client-certificate-data"`
			KeyFile      string          `json:"client-key"`
			KeyData      string          `json:"client-key-data"`
			Username     string          `json:"username"`
			Exec         json.RawMessage `json:"exec"`
			AuthProvider json.RawMessage `json:"auth-provider"`
			Impersonate  string          `json:"as"`
		} `json:"user"`
	} `json:"users"`
}

const asAccount = "make a service account with the read-only role of the guide and put its token in: kubectl create token evenkeel --duration=8760h"

// connect reads the configuration. Every fault names the field and what would
// be right.
func (k Kubeconfig) connect() (*client, error) {
	if k.Path == "" {
		return k.inCluster()
	}
	raw, err := os.ReadFile(k.Path)
	if err != nil {
		return nil, errs.BadField("kubeconfig", k.Path, "name a kubeconfig file that can be read").Because(err)
	}
	var f kubeconfigFile
	doc, err := toJSON(document{text: raw, line: 1}, k.Path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(doc, &f); err != nil {
		return nil, errs.BadField("kubeconfig", k.Path, "this is no kubeconfig file").Because(err)
	}
	name := or(k.Context, f.CurrentContext)
	cluster, user, found := "", "", false
	var names []string
	for _, c := range f.Contexts {
		names = append(names, c.Name)
		if c.Name == name {
			cluster, user, found = c.Context.Cluster, c.Context.User, true
		}
	}
	if !found {
		return nil, errs.BadField("context", name, "use one that the kubeconfig has: "+strings.Join(names, ", "))
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	c := &client{namespace: k.Namespace}
	dir := filepath.Dir(k.Path)
	ok := false
	for _, cl := range f.Clusters {
		if cl.Name != cluster {
			continue
		}
		ok = true
		if c.base, err = server(cl.Cluster.Server, k.Insecure); err != nil {
			return nil, err
		}
		if cl.Cluster.Insecure {
			if !k.Insecure {
				return nil, errs.BadField("clusters."+cluster+".insecure-skip-tls-verify", "true", "give certificate-authority-data instead, or allow an unchecked connection on purpose with the setting insecure")
			}
			cfg.InsecureSkipVerify = true
		}
		cfg.ServerName = cl.Cluster.TLSServerName
		ca, err := material(cl.Cluster.CAData, cl.Cluster.CAFile, dir, "clusters."+cluster+".certificate-authority")
		if err != nil {
			return nil, err
		}
		if cfg.RootCAs, err = roots(ca, cluster); err != nil {
			return nil, err
		}
		if err := c.dial(cfg, cl.Cluster.ProxyURL); err != nil {
			return nil, err
		}
	}
	if !ok {
		return nil, errs.BadField("contexts."+name+".cluster", cluster, "add a cluster of this name to the kubeconfig")
	}
	for _, u := range f.Users {
		if u.Name != user {
			continue
		}
		at := "users." + user
		switch {
		case len(u.User.Exec) > 0 && string(u.User.Exec) != "null":
			return nil, errs.BadField(at+".exec", "", "programs are not run to sign in; "+asAccount)
		case len(u.User.AuthProvider) > 0 && string(u.User.AuthProvider) != "null":
			return nil, errs.BadField(at+".auth-provider", "", "Kubernetes took these out in 1.26; "+asAccount)
		case u.User.Username != "":
			return nil, errs.BadField(at+".username", u.User.Username, "Kubernetes took passwords out in 1.19; "+asAccount)
		case u.User.Impersonate != "":
			return nil, errs.BadField(at+".as", u.User.Impersonate, "acting as another is not supported; "+asAccount)
		}
		cert, err := material(u.User.CertData, u.User.CertFile, dir, at+".client-certificate")
		if err != nil {
			return nil, err
		}
		key, err := material(u.User.KeyData, u.User.KeyFile, dir, at+".client-key")
		if err != nil {
			return nil, err
		}
		if len(cert)+len(key) > 0 {
			pair, err := tls.X509KeyPair(cert, key)
			if err != nil {
				return nil, errs.BadField(at+".client-certificate", "", "give a certificate and the key that belongs to it, both in PEM").Because(err)
			}
			cfg.Certificates = []tls.Certificate{pair}
		}
		c.token = u.User.Token
		if u.User.TokenFile != "" {
			c.tokenFile = beside(dir, u.User.TokenFile)
		}
	}
	return c, nil
}

func (k Kubeconfig) inCluster() (*client, error) {
	dir := or(k.account, mounted)
	h, p := os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT")
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if h == "" || err != nil {
		return nil, errs.BadField("kubeconfig", "", "name a kubeconfig file; only inside a pod with a service account can it be left out").Because(err)
	}
	c := &client{namespace: k.Namespace, tokenFile: filepath.Join(dir, "token"), base: &url.URL{Scheme: "https", Host: net.JoinHostPort(h, p)}}
	pool, err := roots(ca, "the pod's own")
	if err != nil {
		return nil, err
	}
	return c, c.dial(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}, "")
}

func server(s string, insecure bool) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, errs.BadField("server", s, "use the address of the API server, https://host:port")
	}
	if u.Scheme == "http" && !insecure {
		return nil, errs.BadField("server", s, "use https; a token sent over plain HTTP is anybody's")
	}
	return u, nil
}

func roots(ca []byte, cluster string) (*x509.CertPool, error) {
	if len(ca) == 0 {
		return nil, nil // those of the system
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, errs.BadField("certificate-authority of the cluster "+cluster, "", "give certificates in PEM")
	}
	return pool, nil
}

func beside(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}

// material is what stands in the file itself, in base64, or in one beside it.
func material(data, file, dir, field string) ([]byte, error) {
	if data != "" {
		b, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			return nil, errs.BadField(field+"-data", "", "this is no base64; copy the line whole").Because(err)
		}
		return b, nil
	}
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(beside(dir, file))
	if err != nil {
		return nil, errs.BadField(field, file, "name a file that can be read").Because(err)
	}
	return b, nil
}
