package evidence

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// A log has one key, until that is lost or may have been copied. Then a new
// epoch begins under another key, and its entry (action evidence.epoch) names
// it. Nothing but that entry ties the two keys, because the old one cannot be
// asked to vouch for the new: whoever writes to the log could have put it
// there. A check therefore
//
//   - opens each checkpoint with the key of its epoch, so that those signed
//     before stay what they were;
//   - reports every replacement, always;
//   - calls the log bad at the entry that replaced a key it was given, unless
//     it was given the new one as well;
//   - does not take a replaced key's signature after its replacement.

// EpochKey is the key that checkpoints are signed with from an epoch on.
type EpochKey struct {
	Epoch int64
	Key   Public
}

// Replacement is a recorded change of the log's key.
type Replacement struct {
	Epoch   int64     `json:"epoch"` // the first one under the new key
	Index   int64     `json:"index"` // of the entry that says so
	At      time.Time `json:"at"`
	Former  string    `json:"former"` // verifier keys
	Key     string    `json:"key"`
	Because string    `json:"because,omitempty"` // what the operator said: lost or exposed
	Pinned  bool      `json:"pinned"`            // the new key was given to the check
}

// begun is what an entry evidence.epoch says.
type begun struct {
	Epoch   int64
	Size    int64
	Key     string // empty: goes on under the same
	Because string
}

// newEpoch takes the entry that begins an epoch.
func (c *checker) newEpoch(index int64, canonical []byte) *Bad {
	var e struct {
		At   time.Time
		Data begun
	}
	if json.Unmarshal(canonical, &e) != nil || e.Data.Epoch < 1 {
		return nil
	}
	if e.Data.Key != "" {
		return c.newKey(index, e.At, e.Data)
	}
	// After a restore, what lies beyond the backup is gone, as the entry says.
	c.known = slices.DeleteFunc(c.known, func(k Known) bool {
		lost := k.Epoch > 0 && k.Epoch < e.Data.Epoch && k.Size > e.Data.Size
		if lost {
			c.rep.Lost++
		}
		return lost
	})
	return nil
}

func (c *checker) newKey(index int64, at time.Time, e begun) *Bad {
	key, err := ParsePublic(e.Key)
	if err != nil {
		return &Bad{Fault: Unreadable, Index: index, Until: index, At: at, Words: fmt.Sprintf("Entry #%d begins epoch %d with something that is no key.", index, e.Epoch)}
	}
	if len(c.eras) == 0 {
		if c.foreign != nil && !c.pinned(key) {
			return c.foreign
		}
		c.eras = append(c.eras, EpochKey{e.Epoch, key})
		return nil
	}
	former := c.keyOf(e.Epoch - 1)
	if former.SameKey(key) {
		return nil
	}
	r := Replacement{Epoch: e.Epoch, Index: index, At: at, Former: former.String(), Key: key.String(), Because: e.Because, Pinned: c.pinned(key)}
	c.rep.Replaced = append(c.rep.Replaced, r)
	c.replaced, c.replacedAt, c.vouched = e.Epoch, index, false
	if c.pinned(former) && !r.Pinned && c.rekeyed == nil { // told once the entries before it are checked
		c.rekeyed = &Bad{Fault: Rekeyed, Index: index, Until: index, Record: "evidence", Action: "evidence.epoch", At: at, Words: fmt.Sprintf("Entry #%d replaced the key that signs the log, as %s: "+
			"what comes before it is good under the key given, what comes after is signed by %s, which was not given. "+
			"If those who run the log told you of that key on another way, give both.", index, because(e.Because), key)}
	}
	switch last := c.eras[len(c.eras)-1]; {
	case last.Epoch < e.Epoch:
		c.eras = append(c.eras, EpochKey{e.Epoch, key})
	case !c.keyOf(e.Epoch).SameKey(key):
		return &Bad{Fault: Forged, Index: index, Until: index, At: at, Words: fmt.Sprintf("Entry #%d says that epoch %d is signed by %s, but the log goes on under %s.", index, e.Epoch, key, c.keyOf(e.Epoch))}
	}
	return nil
}

func because(word string) string {
	switch word {
	case "lost":
		return "the operator said that it was lost"
	case "exposed":
		return "the operator said that others may have it"
	}
	return "nobody said why"
}

// keyOf is the key of an epoch's checkpoints.
func (c *checker) keyOf(epoch int64) Public {
	for _, e := range slices.Backward(c.eras) {
		if e.Epoch <= epoch {
			return e.Key
		}
	}
	if len(c.eras) > 0 {
		return c.eras[0].Key
	}
	return c.pub
}

func (c *checker) pinned(key Public) bool {
	return slices.ContainsFunc(c.pins, key.SameKey)
}

// open opens a checkpoint with the key of its epoch.
func (c *checker) open(signed string) (Checkpoint, *Bad) {
	bad := func(words string) *Bad { return &Bad{Fault: Forged, Index: -1, Until: -1, Words: words} }
	if c.foreign != nil && len(c.eras) == 0 {
		return Checkpoint{}, c.foreign
	}
	cp, err := ParseCheckpoint(signed)
	if err != nil {
		return cp, bad(fmt.Sprintf("A checkpoint is not the log's: %v.", err))
	}
	epoch, _ := EpochOf(cp.Origin)
	if cp, err = c.keyOf(epoch).Open(signed); err != nil {
		return cp, bad(fmt.Sprintf("A checkpoint is not the log's: %v.", err))
	}
	if epoch < c.replaced && cp.Size > c.replacedAt { // smaller ones stand after the tile that they end in
		return cp, bad(fmt.Sprintf("A checkpoint of %d entries was signed with the key of epoch %d after that key had been replaced.", cp.Size, epoch))
	}
	c.vouched = c.vouched || epoch >= c.replaced
	return cp, nil
}

// unvouched is what is wrong at the end with the keys: the key that was given
// is not the log's, or has signed nothing of it.
func (c *checker) unvouched() *Bad {
	if c.foreign != nil {
		return c.foreign
	}
	if len(c.rep.Replaced) > 0 && !c.live && len(c.pins) > 0 && !c.vouched {
		last := c.rep.Replaced[len(c.rep.Replaced)-1]
		return &Bad{Fault: Forged, Index: last.Index, Until: last.Index, At: last.At,
			Words: fmt.Sprintf("Entry #%d says that the log goes on under the key %s, but nothing in it is signed by that key.", last.Index, last.Key)}
	}
	return nil
}
