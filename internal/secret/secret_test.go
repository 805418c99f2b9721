package secret_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/secret"
)

func box(t *testing.T, text string) *secret.Box {
	t.Helper()
	b, err := secret.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealedOpensOnlyInItsPlace(t *testing.T) {
	b := box(t, secret.Generate())
	sealed := b.Seal([]byte("whsec_abc"), "channel:ops")
	if strings.Contains(string(sealed), "whsec_abc") {
		t.Fatal("the secret can be read in the sealed value")
	}
	if got, err := b.Open(sealed, "channel:ops"); err != nil || string(got) != "whsec_abc" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	if _, err := b.Open(sealed, "channel:other"); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("moved to another record: %v, want ErrSealed", err)
	}
	for i := range sealed {
		bad := append([]byte(nil), sealed...)
		bad[i] ^= 1
		if _, err := b.Open(bad, "channel:ops"); err == nil {
			t.Errorf("byte %d flipped and still opens", i)
		}
	}
	for n := range sealed {
		if _, err := b.Open(sealed[:n], "channel:ops"); err == nil {
			t.Errorf("cut to %d bytes and still opens", n)
		}
	}
	if again := b.Seal([]byte("whsec_abc"), "channel:ops"); string(again) == string(sealed) {
		t.Error("two seals of one value are equal: the nonce is not random")
	}
}

func TestRotation(t *testing.T) {
	old, fresh := secret.Generate(), secret.Generate()
	sealed := box(t, old).Seal([]byte("x"), "p")
	if _, err := box(t, fresh).Open(sealed, "p"); !errors.Is(err, secret.ErrKey) {
		t.Errorf("without the old key: %v, want ErrKey", err)
	}
	both := box(t, "# new first\n"+fresh+"\n\n"+old+"\n")
	if got, err := both.Open(sealed, "p"); err != nil || string(got) != "x" {
		t.Errorf("Open = %q, %v", got, err)
	}
	if !both.Stale(sealed) || both.Stale(both.Seal([]byte("x"), "p")) {
		t.Error("Stale must hold for the old key's value only")
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	if _, err := secret.Load(path, false); err == nil {
		t.Error("a missing file must be an error unless it may be created")
	}
	made, err := secret.Load(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", st.Mode().Perm())
	}
	again, err := secret.Load(path, true)
	if err != nil || again.KeyID() != made.KeyID() {
		t.Errorf("second load: %v, %v", again, err)
	}
}

func TestBadKeysAreNotEchoed(t *testing.T) {
	for _, text := range []string{"", "# only a comment", "short", "hunter2hunter2", secret.Generate() + "\nhunter2"} {
		_, err := secret.Parse(text)
		if err == nil {
			t.Errorf("Parse(%q) took it", text)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

// A value that an earlier key sealed is sealed anew, once, and opens with the
// present key alone afterwards.
func TestRenew(t *testing.T) {
	earlier, present := secret.Generate(), secret.Generate()
	old, err := secret.Parse(earlier)
	if err != nil {
		t.Fatal(err)
	}
	both, err := secret.Parse(present + "\n" + earlier)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := secret.Parse(present)
	if err != nil {
		t.Fatal(err)
	}
	if old.Former() || !both.Former() {
		t.Error("only a box with two keys has a former one")
	}
	sealed := old.Seal([]byte("+49 40 1234567"), "method:3")
	fresh, changed := both.Renew(sealed, "method:3")
	if plain, err := alone.Open(fresh, "method:3"); !changed || err != nil || string(plain) != "+49 40 1234567" {
		t.Errorf("%v %q %v", changed, plain, err)
	}
	if _, changed := both.Renew(fresh, "method:3"); changed {
		t.Error("what the present key sealed stays")
	}
	for what, kept := range map[string][]byte{"nothing": nil, "what no key here opens": alone.Seal([]byte("x"), "a")} {
		if got, changed := old.Renew(kept, "a"); changed || string(got) != string(kept) {
			t.Errorf("%s was changed", what)
		}
	}
	if got, changed := both.Renew(sealed, "method:4"); changed || string(got) != string(sealed) {
		t.Error("a value moved to another place was sealed anew there")
	}
}
