package terraform

import "strings"

// stripped is an address without its indexes: module.a[0].aws_x.y["k"] is
// module.a.aws_x.y.
func stripped(address string) string {
	if !strings.Contains(address, "[") {
		return address
	}
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(address); i++ {
		c := address[i]
		switch {
		case quoted && c == '\\':
			i++
		case depth > 0 && c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']':
			depth = max(0, depth-1)
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// moduleEnd is where the module part of an address ends: before "aws_x.y" or
// "data.aws_x.y".
func moduleEnd(address string) int {
	end, i := 0, 0
	for strings.HasPrefix(address[i:], "module.") {
		j := i + len("module.")
		for depth, quoted := 0, false; j < len(address); j++ {
			c := address[j]
			if quoted && c == '\\' {
				j++
				continue
			}
			if depth > 0 && c == '"' {
				quoted = !quoted
			}
			if !quoted && c == '[' {
				depth++
			} else if !quoted && c == ']' {
				depth--
			} else if depth == 0 && c == '.' {
				break
			}
		}
		if j >= len(address) {
			return len(address)
		}
		end, i = j, j+1
	}
	return end
}

// resourceOf is the type in an address.
func resourceOf(address string) string {
	rest := strings.TrimPrefix(address[moduleEnd(address):], ".")
	t, _, _ := strings.Cut(rest, ".")
	return t
}
