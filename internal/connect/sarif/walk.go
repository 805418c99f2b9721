package sarif

import (
	"encoding/json"
	"fmt"
)

// object calls field for each member of the next value, which must be an
// object; field reads the value.
func (p *parser) object(field func(key string) error) error {
	if err := p.open('{'); err != nil {
		return err
	}
	for p.d.More() {
		key, err := p.d.Token()
		if err != nil {
			return err
		}
		if err := field(key.(string)); err != nil { // the decoder lets only text be a key
			return err
		}
	}
	_, err := p.d.Token()
	return err
}

// array calls item for each value of the next one, which must be an array, or
// null for one that is unknown.
func (p *parser) array(item func() error) error {
	t, err := p.d.Token()
	if err != nil || t == nil {
		return err
	}
	if t != json.Delim('[') {
		return fmt.Errorf("found %v where an array should be", t)
	}
	for p.d.More() {
		if err := item(); err != nil {
			return err
		}
	}
	_, err = p.d.Token()
	return err
}

func (p *parser) open(want json.Delim) error {
	t, err := p.d.Token()
	if err == nil && t != want {
		err = fmt.Errorf("found %v where an object should be", t)
	}
	return err
}

func (p *parser) skip() error {
	var v json.RawMessage
	return p.d.Decode(&v)
}
