package aws

import (
	"encoding/json"
	"strings"
)

func configured(raw []byte) bool {
	var t struct {
		Type string `json:"resourceType"`
	}
	return json.Unmarshal(raw, &t) == nil && t.Type != ""
}

// recorded is a configuration item of AWS Config, of a file or of a query.
func recorded(raw []byte) (resource, error) {
	var c struct {
		ARN       string          `json:"arn"` // also "ARN": names match without regard to case
		Account   string          `json:"accountId"`
		Status    string          `json:"configurationItemStatus"`
		Type      string          `json:"resourceType"`
		ID        string          `json:"resourceId"`
		Name      string          `json:"resourceName"`
		Region    string          `json:"awsRegion"`
		Zone      string          `json:"availabilityZone"`
		Tags      json.RawMessage `json:"tags"`
		Relations []relationship  `json:"relationships"`
		Config    json.RawMessage `json:"configuration"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return resource{}, err
	}
	r := resource{arn: c.ARN, kind: c.Type, id: c.ID, name: c.Name, account: c.Account, region: c.Region, zone: c.Zone, relations: c.Relations,
		deleted: strings.HasPrefix(c.Status, "ResourceDeleted")}
	var err error
	if r.tags, err = tags(c.Tags); err != nil {
		return r, err
	}
	r.details = read(c.Config)
	return r, nil
}

// explored is a result of Resource Explorer.
func explored(raw []byte) (resource, error) {
	var c struct {
		ARN        string `json:"Arn"`
		Account    string `json:"OwningAccountId"`
		Region     string `json:"Region"`
		Type       string `json:"ResourceType"`
		Properties []struct {
			Name string          `json:"Name"`
			Data json.RawMessage `json:"Data"`
		} `json:"Properties"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return resource{}, err
	}
	r := resource{arn: c.ARN, kind: c.Type, account: c.Account, region: c.Region}
	for _, p := range c.Properties {
		if p.Name == "tags" {
			t, err := tags(p.Data)
			if err != nil {
				return r, err
			}
			r.tags = t
		}
	}
	return r, nil
}

// tagged is a row of the tagging API.
func tagged(raw []byte) (resource, error) {
	var c struct {
		ARN  string          `json:"ResourceARN"`
		Tags json.RawMessage `json:"Tags"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return resource{}, err
	}
	t, err := tags(c.Tags)
	return resource{arn: c.ARN, tags: t}, err
}

// tags are a mapping, or a list of pairs.
func tags(raw json.RawMessage) (map[string]string, error) {
	out := map[string]string{}
	if len(raw) == 0 || string(raw) == "null" {
		return out, nil
	}
	if raw[0] == '{' {
		return out, json.Unmarshal(raw, &out)
	}
	var list []struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	for _, t := range list {
		out[t.Key] = t.Value
	}
	return out, nil
}
