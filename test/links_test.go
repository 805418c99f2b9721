package test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	fenced   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	mdLink   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mdHead   = regexp.MustCompile(`(?m)^#+\s+(.*)$`)
	notInTag = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// Links between documents lead to a file that is there, and to a heading that
// it has.
func TestLinksBetweenDocuments(t *testing.T) {
	root, links := "..", 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == ".git" {
			return skipped(err)
		}
		if d.IsDir() || filepath.Ext(p) != ".md" {
			return nil
		}
		text := fenced.ReplaceAllString(read(t, p), "")
		for _, m := range mdLink.FindAllStringSubmatch(text, -1) {
			link := m[1]
			if scheme, _, ok := strings.Cut(link, ":"); ok && !strings.ContainsAny(scheme, "/#.") {
				continue // https:, mailto:
			}
			links++
			file, head, _ := strings.Cut(link, "#")
			to := p
			if file != "" {
				to = filepath.Join(filepath.Dir(p), filepath.FromSlash(path.Clean(file)))
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s: the link %s leads nowhere", p, link)
			} else if head != "" && filepath.Ext(to) == ".md" && !headings(read(t, to))[head] {
				t.Errorf("%s: the link %s leads to no heading", p, link)
			}
		}
		return nil
	})
	if err != nil || links < 50 {
		t.Errorf("%d links between documents were found: %v", links, err)
	}
}

// skipped leaves a directory out, unless it could not be read.
func skipped(err error) error {
	if err == nil {
		err = filepath.SkipDir
	}
	return err
}

// headings are the anchors that GitHub and GitLab make of a document's headings.
func headings(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range mdHead.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		words := notInTag.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), "")
		out[strings.ReplaceAll(words, " ", "-")] = true
	}
	return out
}

func read(t *testing.T, p string) string {
	t.Helper()
	b, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
