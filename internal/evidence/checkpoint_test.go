package evidence

import (
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestKey(t *testing.T) {
	k, err := NewKey("harbour.example/evenkeel")
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKey(k.Secret() + "\n")
	if err != nil || !again.Public().Equal(k.Public()) || again.Name() != k.Name() {
		t.Fatalf("a key does not survive its encoding: %v", err)
	}
	pub, err := ParsePublic(k.Public().String())
	if err != nil || !pub.Equal(k.Public()) {
		t.Fatalf("a verifier key does not survive its encoding: %v", err)
	}
	c, err := k.Sign(3, 12, tlog.RecordHash(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Origin != "harbour.example/evenkeel/3" {
		t.Errorf("origin %q", c.Origin)
	}
	// The log's key, or that of any epoch, opens it; and so does any note verifier.
	for _, name := range []string{"harbour.example/evenkeel", "harbour.example/evenkeel/3", "harbour.example/evenkeel/1"} {
		p, err := ParsePublic(k.Public().as(name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Open(c.Note); err != nil || got.Size != 12 || got.Root != c.Root {
			t.Errorf("key %q: %v", name, err)
		}
	}
	v, err := note.NewVerifier(k.Public().as(c.Origin))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open([]byte(c.Note), note.VerifierList(v)); err != nil {
		t.Error(err)
	}
	if p, _ := ParsePublic(k.Public().as("other.example")); func() error { _, err := p.Open(c.Note); return err }() == nil {
		t.Error("a key of another name opens the checkpoint")
	}
	for _, bad := range []string{"", "PRIVATE+KEY+x", strings.Replace(k.Secret(), "harbour", "herbour", 1), k.Public().String()} {
		if _, err := ParseKey(bad); err == nil {
			t.Errorf("%q is accepted as a key", bad)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Error("the error repeats the secret")
		}
	}
	for _, bad := range []string{"", "a b", "https://x", "x+y", "/x", "x/"} {
		if _, err := NewKey(bad); err == nil {
			t.Errorf("log name %q is accepted", bad)
		}
	}
}

func TestSplitCheckpoints(t *testing.T) {
	m := newMemory(t, 300)
	var file strings.Builder
	for _, c := range m.notes {
		file.WriteString(c.Note + "\n")
	}
	got := SplitCheckpoints(file.String())
	if len(got) != len(m.notes) {
		t.Fatalf("%d notes, want %d", len(got), len(m.notes))
	}
	for i := range got {
		if got[i] != m.notes[i].Note {
			t.Errorf("note %d: %q", i, got[i])
		}
	}
}

func FuzzCheckpoint(f *testing.F) {
	m := newMemory(f, 61)
	f.Add(m.notes[0].Note)
	f.Add("a\n1\n" + m.notes[0].Root.String() + "\n\n— a AAAA\n")
	f.Add("\n\n\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := m.key.Public().Open(s)
		if err == nil && c.Root != m.notes[0].Root && c.Root != m.notes[1].Root {
			t.Errorf("a forged checkpoint was accepted: %q", s)
		}
		for _, n := range SplitCheckpoints(s) {
			if n == "" {
				t.Error("an empty note")
			}
		}
	})
}

// Whatever is done to a file, the check ends, does not panic, and accepts only
// what holds exactly the entries that were signed.
func FuzzVerify(f *testing.F) {
	m := newMemory(f, 300)
	good := m.export(f)
	f.Add(good)
	f.Add(m.selection(f, 3, 299))
	f.Add(good[:len(good)/2])
	f.Add([]byte(exportMagic + "\nkind whole\nkey " + m.key.Public().String() + "\nsize 0\n\nend 0 x\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		rep := verify(t, file, Options{Key: m.key.Public(), Known: []Known{{Size: 300, Root: m.notes[len(m.notes)-1].Root, Name: "published"}}})
		if rep.OK && !rep.Selection && rep.Size != 300 {
			t.Errorf("accepted: %+v", rep)
		}
		if !rep.OK && (rep.Bad == nil || rep.Bad.Words == "") {
			t.Errorf("refused without words: %+v", rep)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	m := newMemory(b, 66_000)
	file := m.export(b)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if rep := verify(b, file, Options{}); !rep.OK {
			b.Fatal(rep.Bad)
		}
	}
	b.ReportMetric(float64(b.N)*66_000/b.Elapsed().Seconds(), "entries/s")
}
