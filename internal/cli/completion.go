package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// completion writes a script that completes commands and flags. The words of
// every command are listed in it, so that completing needs no server.
func completion(shell string, model *kong.Application) string {
	var b strings.Builder
	cases := map[string]string{}
	order := []string{}
	var walk func(path string, n *kong.Node)
	walk = func(path string, n *kong.Node) {
		var words []string
		for _, c := range n.Children {
			if !c.Hidden {
				words = append(words, c.Name)
				walk(strings.TrimSpace(path+" "+c.Name), c)
			}
		}
		for _, f := range n.Flags {
			if !f.Hidden {
				words = append(words, "--"+f.Name)
			}
		}
		cases[path] = strings.Join(words, " ")
		order = append(order, path)
	}
	walk("", model.Node)
	globals := ""
	for _, f := range model.Flags {
		globals += " --" + f.Name
	}
	switch shell {
	case "fish":
		for _, path := range order {
			cond := "__fish_use_subcommand"
			if path != "" {
				parts := strings.Fields(path)
				cond = "__fish_seen_subcommand_from " + parts[len(parts)-1]
			}
			for _, w := range strings.Fields(cases[path]) {
				if flag, ok := strings.CutPrefix(w, "--"); ok {
					fmt.Fprintf(&b, "complete -c evenkeel -n '%s' -l %s\n", cond, flag)
				} else {
					fmt.Fprintf(&b, "complete -c evenkeel -f -n '%s' -a %s\n", cond, w)
				}
			}
		}
	default:
		if shell == "zsh" {
			b.WriteString("autoload -U +X bashcompinit && bashcompinit\n")
		}
		b.WriteString("_evenkeel() {\n  local path=\"\" w i\n  for ((i = 1; i < COMP_CWORD; i++)); do\n    w=\"${COMP_WORDS[i]}\"\n    case \"$w\" in -*) ;; *) path=\"${path:+$path }$w\" ;; esac\n  done\n  case \"$path\" in\n")
		for _, path := range order {
			fmt.Fprintf(&b, "    %q) w=%q ;;\n", path, cases[path])
		}
		fmt.Fprintf(&b, "    *) w=%q ;;\n  esac\n  COMPREPLY=($(compgen -W \"$w%s\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -F _evenkeel evenkeel\n", "", globals)
	}
	return b.String()
}
