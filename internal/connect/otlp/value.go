package otlp

// value is an attribute's value where it is text, a number or a truth; others
// are none.
type value struct {
	text []byte
	n    int64
	kind valueKind
}

type valueKind uint8

const (
	noValue valueKind = iota
	textValue
	intValue
	boolValue
)

// attributes calls f for each attribute of a message whose attributes stand in
// field num: 9 of a span, 1 of a resource.
func attributes(b []byte, num int32, each func(key []byte, v value)) error {
	var f field
	var err error
	for len(b) > 0 {
		if b, err = f.next(b); err != nil {
			return err
		}
		if f.num != num {
			continue
		}
		if f.wire != wireLen {
			return errType
		}
		var key []byte
		var v value
		for kv := f.bytes; len(kv) > 0; {
			if kv, err = f.next(kv); err != nil {
				return err
			}
			switch {
			case f.num == 1 && f.wire == wireLen:
				key = f.bytes
			case f.num == 2 && f.wire == wireLen:
				if err := v.read(f.bytes); err != nil {
					return err
				}
			case f.num == 1, f.num == 2:
				return errType
			}
		}
		each(key, v)
	}
	return nil
}

// read takes an AnyValue, of whose fields the last one counts.
func (v *value) read(b []byte) error {
	var f field
	var err error
	for len(b) > 0 {
		if b, err = f.next(b); err != nil {
			return err
		}
		want := uint8(wireLen)
		switch f.num {
		case 1:
			*v = value{text: f.bytes, kind: textValue}
		case 2:
			*v, want = value{kind: boolValue}, wireVarint
			if f.n != 0 {
				v.n = 1
			}
		case 3:
			*v, want = value{n: int64(f.n), kind: intValue}, wireVarint //nolint:gosec // two's complement on the wire
		case 4:
			*v, want = value{}, wireI64
		case 5, 6, 7:
			*v = value{}
		default:
			continue
		}
		if f.wire != want {
			return errType
		}
	}
	return nil
}
