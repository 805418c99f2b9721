package risk

import (
	"encoding/json"
	"fmt"
)

// kept is how weights are stored and shown: by the names of the factors, so
// that a later version of the program with more factors reads them. What a
// stored version does not name weighs nothing.
type kept struct {
	ID     int64              `json:"id,omitempty"`
	Base   float64            `json:"base"`
	Of     map[string]float64 `json:"of"`
	Slope  float64            `json:"slope"`
	Offset float64            `json:"offset"`
	Medium int                `json:"medium,omitempty"`
	High   int                `json:"high,omitempty"`
}

// MarshalJSON writes weights by the names of their factors.
func (w Weights) MarshalJSON() ([]byte, error) {
	k := kept{w.ID, w.Base, make(map[string]float64, Count), w.Slope, w.Offset, w.Medium, w.High}
	for i, f := range Factors {
		k.Of[f.Name] = w.Of[i]
	}
	return json.Marshal(k)
}

// UnmarshalJSON reads weights; a factor that this program does not know is an
// error, because the score would silently be another one.
func (w *Weights) UnmarshalJSON(data []byte) error {
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return err
	}
	*w = Weights{ID: k.ID, Base: k.Base, Slope: k.Slope, Offset: k.Offset, Medium: k.Medium, High: k.High}
	for name, v := range k.Of {
		f, ok := byName[name]
		if !ok {
			return fmt.Errorf("risk: the weights name a factor %q that this version of the program does not know", name)
		}
		w.Of[f] = v
	}
	return nil
}
