package admission

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Question is what a review asks.
type Question struct {
	UID    string
	DryRun bool
	Pass   string // not empty: it passes without a question, and why

	Unknown string // not empty: what is asked about cannot be told, and why

	workload workload
}

// workload is what is going to run.
type workload struct {
	namespace, kind, name, uid string
	generation                 int64
	digest                     string // of all images before and after
	services                   []string
	environment                string
	artefact, previous, commit string
	author, image              string
}

type review struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Request    *struct {
		UID  string `json:"uid"`
		Kind struct {
			Kind string `json:"kind"`
		} `json:"kind"`
		SubResource string `json:"subResource"`
		Name        string `json:"name"`
		Namespace   string `json:"namespace"`
		Operation   string `json:"operation"`
		UserInfo    struct {
			Username string `json:"username"`
		} `json:"userInfo"`
		Object    jsontext.Value `json:"object"`
		OldObject jsontext.Value `json:"oldObject"`
		DryRun    bool           `json:"dryRun"`
	} `json:"request"`
}

// object is a workload as far as it is read.
type object struct {
	Metadata struct {
		Name         string            `json:"name"`
		GenerateName string            `json:"generateName"`
		UID          string            `json:"uid"`
		Generation   int64             `json:"generation"`
		Labels       map[string]string `json:"labels"`
		Annotations  map[string]string `json:"annotations"`
		Owners       []struct {
			Kind       string `json:"kind"`
			Controller bool   `json:"controller"`
		} `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		podSpec
		Template    *template `json:"template"`
		JobTemplate *struct {
			Spec struct {
				Template *template `json:"template"`
			} `json:"spec"`
		} `json:"jobTemplate"`
	} `json:"spec"`
}

type template struct {
	Metadata struct {
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec podSpec `json:"spec"`
}

type podSpec struct {
	Containers     []container `json:"containers"`
	InitContainers []container `json:"initContainers"`
}

type container struct {
	Name  string `json:"name"`
	Image string `json:"image"`
}

// Parse reads a review. Errors are Invalid.
func Parse(body []byte) (Question, error) {
	var r review
	if err := json.Unmarshal(body, &r); err != nil {
		return Question{}, connect.NotJSON(err)
	}
	if r.Kind != "AdmissionReview" || r.APIVersion != apiVersion {
		return Question{}, errs.BadField("apiVersion", errs.Short(r.APIVersion+" "+r.Kind), "send an AdmissionReview of "+apiVersion+": admissionReviewVersions: [v1]")
	}
	if r.Request == nil || r.Request.UID == "" {
		return Question{}, errs.BadField("request.uid", "", "an API server sends a request with a uid")
	}
	q := r.Request
	out := Question{UID: q.UID, DryRun: q.DryRun}
	switch {
	case q.Operation != "CREATE" && q.Operation != "UPDATE":
		out.Pass = "nothing new comes to users"
		return out, nil
	case q.SubResource != "":
		out.Pass = "a subresource brings no image"
		return out, nil
	}
	now, err := read(q.Object, "request.object")
	if err != nil {
		return Question{}, err
	}
	before, err := read(q.OldObject, "request.oldObject")
	if err != nil {
		return Question{}, err
	}
	out.take(q.Kind.Kind, now, before)
	w := &out.workload
	w.namespace, w.author = q.Namespace, q.UserInfo.Username
	if strings.HasPrefix(w.author, "system:serviceaccount:") {
		w.author = "" // a program is nobody who could approve
	}
	w.name = cmp.Or(q.Name, w.name)
	return out, nil
}

func read(raw jsontext.Value, field string) (o object, err error) {
	if len(raw) == 0 || raw.Kind() == 'n' {
		return o, nil
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return o, errs.BadField(field, "", "it is no workload of Kubernetes as the rules of the webhook should name").Because(err)
	}
	return o, nil
}

// take decides whether a workload brings anything to users, and what.
func (q *Question) take(kind string, now, before object) {
	for _, o := range now.Metadata.Owners {
		if o.Controller {
			q.Pass = "its owner, a " + o.Kind + ", was asked about"
			return
		}
	}
	images, was := now.images(), before.images()
	if len(images) == 0 {
		q.Pass = "it has no containers"
		return
	}
	var changed string
	for _, c := range now.containers() {
		if was[c.Name] != c.Image {
			changed = c.Name
			break
		}
	}
	if changed == "" {
		q.Pass = "its images are those that run"
		return
	}
	m := now.Metadata
	notes := now.annotations()
	w := workload{kind: kind, name: cmp.Or(m.Name, strings.TrimSuffix(m.GenerateName, "-")), uid: before.Metadata.UID, generation: before.Metadata.Generation,
		digest: digest(was, images), environment: notes["evenkeel.dev/environment"], image: images[changed],
		artefact: version(images[changed]), previous: version(was[changed])}
	for _, name := range strings.Split(cmp.Or(notes["evenkeel.dev/service"], m.Labels["app.kubernetes.io/name"]), ",") {
		if name = strings.TrimSpace(name); name != "" {
			w.services = append(w.services, name)
		}
	}
	for _, said := range []string{notes["evenkeel.dev/commit"], notes["org.opencontainers.image.revision"], commitTag.FindString(w.artefact)} {
		if said = strings.ToLower(strings.TrimSpace(said)); change.IsCommit(said) {
			w.commit = said
			break
		}
	}
	q.workload = w
	if w.artefact == "" && w.commit == "" {
		q.Unknown = "the image " + errs.Short(w.image) + " names neither a version nor a digest, so nobody can say what it is; deploy it by its digest or a tag that stays"
	}
}

// Ask is the question to the gate.
func (q Question) Ask(in alert.Integration, environment string) change.Ask {
	w := q.workload
	services := w.services
	if len(services) == 0 {
		services = []string{cmp.Or(in.Service, w.name)}
	}
	return change.Ask{Services: services, Environment: cmp.Or(w.environment, environment, change.Production), Commit: w.commit, Artefact: w.artefact, Previous: w.previous,
		Author: w.author, Source: in.Name, Key: q.key(),
		Summary: "Kubernetes " + strings.ToLower(w.kind) + " " + w.namespace + "/" + w.name + " gets " + w.image}
}

func (o object) template() *template {
	if o.Spec.Template != nil {
		return o.Spec.Template
	}
	if o.Spec.JobTemplate != nil {
		return o.Spec.JobTemplate.Spec.Template
	}
	return nil
}

// containers are those of the workload, the main ones first.
func (o object) containers() []container {
	s := o.Spec.podSpec
	if t := o.template(); t != nil {
		s = t.Spec
	}
	return slices.Concat(s.Containers, s.InitContainers)
}

func (o object) images() map[string]string {
	out := map[string]string{}
	for _, c := range o.containers() {
		out[c.Name] = c.Image
	}
	return out
}

// annotations are the workload's own, and those of its pods where it has none.
func (o object) annotations() map[string]string {
	out := map[string]string{}
	if t := o.template(); t != nil {
		maps.Copy(out, t.Metadata.Annotations)
	}
	maps.Copy(out, o.Metadata.Annotations)
	return out
}

// digest identifies what runs before and after.
func digest(sets ...map[string]string) string {
	h := sha256.New()
	for _, s := range sets {
		for _, name := range slices.Sorted(maps.Keys(s)) {
			h.Write([]byte(name + "\x00" + s[name] + "\x00"))
		}
		h.Write([]byte{1})
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// commitTag finds a full hash in a tag: "4f1c…", "sha-4f1c…", "main-4f1c…".
var commitTag = regexp.MustCompile(`(?i)\b[0-9a-f]{40}\b`)

// version is what identifies an image to people and to the gate: its tag, or its
// digest when it has none that stays; empty for what a registry may exchange at
// any time.
func version(image string) string {
	name, digest, _ := strings.Cut(image, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') && name[i+1:] != "latest" {
		return name[i+1:]
	}
	return digest
}
