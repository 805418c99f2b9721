// Package policy decides by rules that are kept as code.
package policy
