package gitlab

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// payload is what is read of all kinds' bodies; the rest is skipped.
type payload struct {
	ObjectKind string     `json:"object_kind"`
	User       user       `json:"user"`
	Project    project    `json:"project"`
	Attributes attributes `json:"object_attributes"`
	Labels     []struct {
		Title string `json:"title"`
	} `json:"labels"`
	Rule *struct { // of an external status check
		ID   int64  `json:"id"`
		Name string `json:"name"`
	} `json:"external_approval_rule"`

	// push
	Ref          string   `json:"ref"`
	Before       string   `json:"before"`
	After        string   `json:"after"`
	UserUsername string   `json:"user_username"`
	TotalCommits int      `json:"total_commits_count"`
	Commits      []commit `json:"commits"`
	Commit       commit   `json:"commit"` // of a pipeline, job, release

	// build
	SHA             string      `json:"sha"`
	BuildID         int64       `json:"build_id"`
	BuildName       string      `json:"build_name"`
	BuildStatus     string      `json:"build_status"`
	BuildCreatedAt  string      `json:"build_created_at"`
	BuildStartedAt  string      `json:"build_started_at"`
	BuildFinishedAt string      `json:"build_finished_at"`
	ProjectID       int64       `json:"project_id"`
	Repository      repository  `json:"repository"`
	Environment     environment `json:"environment"`

	// deployment
	Status          string `json:"status"`
	StatusChangedAt string `json:"status_changed_at"`
	DeploymentID    int64  `json:"deployment_id"`
	DeployableID    int64  `json:"deployable_id"`
	DeployableURL   string `json:"deployable_url"`
	EnvironmentTier string `json:"environment_tier"`
	CommitURL       string `json:"commit_url"`
	CommitTitle     string `json:"commit_title"`

	// release
	Tag        string `json:"tag"` // true or false in pushes and jobs, which is taken as absent
	URL        string `json:"url"`
	ReleasedAt string `json:"released_at"`
	Action     string `json:"action"`
}

type user struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

type project struct {
	ID            int64  `json:"id"`
	Path          string `json:"path_with_namespace"`
	WebURL        string `json:"web_url"`
	DefaultBranch string `json:"default_branch"`
}

type repository struct {
	Homepage string `json:"homepage"`
}

type commit struct {
	ID        string `json:"id"` // of a job's body it is a number, the pipeline's, and taken as absent
	Message   string `json:"message"`
	Title     string `json:"title"`
	Timestamp string `json:"timestamp"`
	URL       string `json:"url"`
	Author    struct {
		Email string `json:"email"`
	} `json:"author"`
	Added    []string `json:"added"`
	Modified []string `json:"modified"`
	Removed  []string `json:"removed"`
}

// attributes are those of merge requests and pipelines.
type attributes struct {
	ID           int64   `json:"id"`
	IID          int64   `json:"iid"`
	Title        string  `json:"title"`
	Description  string  `json:"description"`
	URL          string  `json:"url"`
	State        string  `json:"state"`
	Action       string  `json:"action"`
	SourceBranch string  `json:"source_branch"`
	TargetBranch string  `json:"target_branch"`
	TargetID     int64   `json:"target_project_id"`
	AuthorID     int64   `json:"author_id"`
	LastCommit   commit  `json:"last_commit"`
	MergeSHA     string  `json:"merge_commit_sha"`
	SquashSHA    string  `json:"squash_commit_sha"`
	CreatedAt    string  `json:"created_at"`
	UpdatedAt    string  `json:"updated_at"`
	Target       project `json:"target"`

	// pipeline
	SHA        string `json:"sha"`
	Status     string `json:"status"`
	FinishedAt string `json:"finished_at"`
	Source     string `json:"source"`
}

type environment struct {
	Name   string `json:"name"`
	Action string `json:"action"`
	Tier   string `json:"deployment_tier"`
}

// UnmarshalJSONFrom reads an environment: an object in a job's body, its name
// alone in a deployment's.
func (e *environment) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '"':
		return json.UnmarshalDecode(d, &e.Name)
	case '{':
		type plain environment
		return json.UnmarshalDecode(d, (*plain)(e))
	}
	return d.SkipValue()
}
