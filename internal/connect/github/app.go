package github

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/evenkeel/evenkeel/internal/change"
)

// A GitHub App signs a token for itself with its private key (JWT, RS256, valid
// for at most ten minutes) and gets one for an installation with it, valid for
// an hour (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app).

const (
	jwtBack  = time.Minute     // GitHub's advice against clocks that differ
	jwtAhead = 9 * time.Minute // below its bound of ten
	spare    = 2 * time.Minute // before its end a token is not used any more
)

// apps keeps the tokens of installations until shortly before they end.
type apps struct {
	mu     sync.Mutex
	tokens map[string]appToken
}

type appToken struct {
	token string
	until time.Time
}

// token is by what to speak to GitHub: that of the App's installation, or the
// one that was given. Without an installation it is found by the repository.
func (g *Caller) token(ctx context.Context, cred change.Credentials, installation int64, repository string) (string, error) {
	if cred.PrivateKey == "" {
		if cred.Token == "" {
			return "", bad("the credentials hold neither a token nor an App's key; give one on the integration's page")
		}
		return cred.Token, nil
	}
	now := time.Now()
	own, err := appJWT(cred, now)
	if err != nil {
		return "", err
	}
	if installation == 0 && repository == "" {
		return "", bad("the webhook named no installation; subscribe the App itself to deployment protection rules")
	}
	if installation == 0 {
		owner, name, _ := strings.Cut(repository, "/")
		said, err := g.send(ctx, http.MethodGet, api(cred)+"/repos/"+url.PathEscape(owner)+"/"+url.PathEscape(name)+"/installation", own, nil)
		if err != nil {
			return "", err
		}
		var found struct {
			ID int64 `json:"id"`
		}
		if err := json.Unmarshal(said, &found); err != nil || found.ID == 0 {
			return "", bad("the App is not installed on %s", repository)
		}
		installation = found.ID
	}
	key := fmt.Sprintf("%s %s %d", api(cred), cred.AppID, installation)
	g.apps.mu.Lock()
	have, ok := g.apps.tokens[key]
	g.apps.mu.Unlock()
	if ok && now.Before(have.until) {
		return have.token, nil
	}
	said, err := g.send(ctx, http.MethodPost, fmt.Sprintf("%s/app/installations/%d/access_tokens", api(cred), installation), own, map[string]any{})
	if err != nil {
		return "", err
	}
	var made struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}
	if err := json.Unmarshal(said, &made); err != nil || made.Token == "" {
		return "", bad("GitHub gave the App no token for its installation %d", installation)
	}
	g.apps.mu.Lock()
	defer g.apps.mu.Unlock()
	if g.apps.tokens == nil || len(g.apps.tokens) > 1000 {
		g.apps.tokens = map[string]appToken{}
	}
	g.apps.tokens[key] = appToken{made.Token, made.Expires.Add(-spare)}
	return made.Token, nil
}

// appJWT signs the App's own token (RFC 7519, RS256 of RFC 7518).
func appJWT(cred change.Credentials, now time.Time) (string, error) {
	key, err := rsaKey(cred.PrivateKey)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(struct {
		Issued  int64  `json:"iat"`
		Expires int64  `json:"exp"`
		Issuer  string `json:"iss"`
	}{now.Add(-jwtBack).Unix(), now.Add(jwtAhead).Unix(), cred.AppID})
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(text))
	sign, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", bad("the App's private key does not sign: it is too short")
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sign), nil
}

// rsaKey reads a key as GitHub gives it out (PKCS #1), or converted (PKCS #8).
func rsaKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(strings.TrimSpace(text)))
	if block == nil {
		return nil, bad("the App's private key is no PEM file; paste the whole file that GitHub gave out")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, ok := key.(*rsa.PrivateKey); ok {
			return key, nil
		}
	}
	return nil, bad("the App's private key is no RSA key; paste the whole file that GitHub gave out")
}
