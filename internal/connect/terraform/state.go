package terraform

import (
	"encoding/json"
	"strconv"
)

// rawResource is a resource of a state file of version 4. The format is
// Terraform's own and not promised to stay
// (https://github.com/hashicorp/terraform/blob/main/internal/states/statefile/version4.go);
// it is read because many have nothing else at hand.
type rawResource struct {
	Module    string        `json:"module"`
	Mode      string        `json:"mode"`
	Type      string        `json:"type"`
	Name      string        `json:"name"`
	Provider  string        `json:"provider"`
	Instances []rawInstance `json:"instances"`
}

type rawInstance struct {
	IndexKey     any               `json:"index_key"`
	Status       string            `json:"status"`
	Deposed      string            `json:"deposed"`
	Attributes   map[string]any    `json:"attributes"`
	Flat         map[string]string `json:"attributes_flat"`
	Sensitive    json.RawMessage   `json:"sensitive_attributes"`
	Dependencies []string          `json:"dependencies"`
	DependsOn    []string          `json:"depends_on"` // before 0.12.14
}

func (d *document) rawResources() error {
	s := d.stream
	return s.List(func(int) error {
		var r rawResource
		if err := s.Decode(&r); err != nil {
			return err
		}
		if r.Type == "" || r.Name == "" {
			return s.Bad("type", r.Type, "a resource of a state has a type and a name; send the state file as Terraform wrote it")
		}
		block := r.Type + "." + r.Name
		if r.Mode == "data" {
			block = "data." + block
		}
		if r.Module != "" {
			block = r.Module + "." + block
		}
		for i, in := range r.Instances {
			if in.Deposed != "" {
				continue
			}
			address := block
			switch k := in.IndexKey.(type) {
			case float64:
				address += "[" + strconv.FormatFloat(k, 'f', -1, 64) + "]"
			case string:
				address += "[" + strconv.Quote(k) + "]"
			}
			if in.Attributes == nil && in.Flat != nil {
				in.Attributes = map[string]any{}
				for k, v := range in.Flat {
					in.Attributes[k] = v
				}
			}
			values, left := redact(in.Attributes, sensitivePaths(in.Sensitive))
			deps := in.Dependencies
			if len(deps) == 0 {
				deps = in.DependsOn
			}
			err := d.graph.add(s.Path()+".instances["+strconv.Itoa(i)+"]", instance{address: address, resource: r.Type, name: r.Name, provider: r.Provider,
				data: r.Mode == "data", values: values, left: left, deps: deps, tainted: in.Status == "tainted"})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// sensitivePaths turns a state's list of paths into the tree of marks that
// show -json has. A path that is not understood marks everything, so that a
// new notation cannot leak.
func sensitivePaths(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	all := json.RawMessage("true")
	var paths []json.RawMessage
	if json.Unmarshal(raw, &paths) != nil {
		return all
	}
	marks := map[string]any{}
	for _, p := range paths {
		var steps []struct {
			Type  string          `json:"type"`
			Value json.RawMessage `json:"value"`
		}
		var name string
		if json.Unmarshal(p, &steps) != nil || len(steps) == 0 || steps[0].Type != "get_attr" || json.Unmarshal(steps[0].Value, &name) != nil {
			return all
		}
		marks[name] = true // the whole attribute, though only a part may be marked
	}
	out, err := json.Marshal(marks)
	if err != nil {
		return all
	}
	return out
}
