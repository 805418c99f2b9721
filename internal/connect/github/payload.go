package github

import "github.com/go-json-experiment/json/jsontext"

// payload is what is read of all events' bodies; the rest is skipped.
type payload struct {
	Action     string     `json:"action"`
	Repository repository `json:"repository"`
	Sender     user       `json:"sender"`

	// push
	Ref        string   `json:"ref"`
	Before     string   `json:"before"`
	After      string   `json:"after"`
	Deleted    bool     `json:"deleted"`
	Compare    string   `json:"compare"`
	Commits    []commit `json:"commits"`
	HeadCommit *commit  `json:"head_commit"`

	PullRequest  *pullRequest  `json:"pull_request"`
	Review       *review       `json:"review"`
	CheckRun     *checkRun     `json:"check_run"`
	Workflow     *workflow     `json:"workflow"`
	WorkflowRun  *workflowRun  `json:"workflow_run"`
	Deployment   *deployment   `json:"deployment"`
	Status       *status       `json:"deployment_status"`
	Release      *release      `json:"release"`
	Environment  any           `json:"environment"` // of a protection rule: its name
	CallbackURL  string        `json:"deployment_callback_url"`
	Installation *installation `json:"installation"`
}

type repository struct {
	FullName      string         `json:"full_name"`
	HTMLURL       string         `json:"html_url"`
	DefaultBranch string         `json:"default_branch"`
	PushedAt      jsontext.Value `json:"pushed_at"` // Unix seconds in a push, text in all others
}

type user struct {
	Login string `json:"login"`
}

type installation struct {
	ID int64 `json:"id"`
}

type commit struct {
	ID        string `json:"id"`
	Message   string `json:"message"`
	Timestamp string `json:"timestamp"`
	Author    struct {
		Email    string `json:"email"`
		Username string `json:"username"`
	} `json:"author"`
	Added    []string `json:"added"`
	Removed  []string `json:"removed"`
	Modified []string `json:"modified"`
}

type branch struct {
	Ref string `json:"ref"`
	SHA string `json:"sha"`
}

type pullRequest struct {
	Number         int64  `json:"number"`
	HTMLURL        string `json:"html_url"`
	State          string `json:"state"`
	Title          string `json:"title"`
	Body           string `json:"body"`
	User           user   `json:"user"`
	Head           branch `json:"head"`
	Base           branch `json:"base"`
	Merged         *bool  `json:"merged"` // absent in the short form that reviews carry
	MergedAt       string `json:"merged_at"`
	MergedBy       *user  `json:"merged_by"`
	MergeCommitSHA string `json:"merge_commit_sha"`
	CreatedAt      string `json:"created_at"`
	UpdatedAt      string `json:"updated_at"`
	Additions      int    `json:"additions"`
	Deletions      int    `json:"deletions"`
	ChangedFiles   int    `json:"changed_files"`
	Commits        int    `json:"commits"`
	Labels         []struct {
		Name string `json:"name"`
	} `json:"labels"`
}

type review struct {
	User        *user  `json:"user"`
	CommitID    string `json:"commit_id"`
	SubmittedAt string `json:"submitted_at"`
	UpdatedAt   string `json:"updated_at"`
	State       string `json:"state"`
	HTMLURL     string `json:"html_url"`
}

type checkRun struct {
	Name        string `json:"name"`
	HeadSHA     string `json:"head_sha"`
	HTMLURL     string `json:"html_url"`
	Status      string `json:"status"`
	Conclusion  string `json:"conclusion"`
	StartedAt   string `json:"started_at"`
	CompletedAt string `json:"completed_at"`
}

type workflow struct {
	Name string `json:"name"`
}

type workflowRun struct {
	ID           int64  `json:"id"`
	Name         string `json:"name"`
	Path         string `json:"path"`
	HeadSHA      string `json:"head_sha"`
	HTMLURL      string `json:"html_url"`
	Status       string `json:"status"`
	Conclusion   string `json:"conclusion"`
	RunStartedAt string `json:"run_started_at"`
	UpdatedAt    string `json:"updated_at"`
}

type deployment struct {
	ID          int64          `json:"id"`
	SHA         string         `json:"sha"`
	Ref         string         `json:"ref"`
	Task        string         `json:"task"`
	Payload     jsontext.Value `json:"payload"` // what the caller of the API put there: an object, or JSON in a text
	Environment string         `json:"environment"`
	Description string         `json:"description"`
	Creator     user           `json:"creator"`
	CreatedAt   string         `json:"created_at"`
	Transient   bool           `json:"transient_environment"`
	Production  bool           `json:"production_environment"`
}

type status struct {
	State       string `json:"state"`
	Description string `json:"description"`
	Environment string `json:"environment"`
	LogURL      string `json:"log_url"`
	TargetURL   string `json:"target_url"`
	CreatedAt   string `json:"created_at"`
}

type release struct {
	TagName         string `json:"tag_name"`
	TargetCommitish string `json:"target_commitish"`
	HTMLURL         string `json:"html_url"`
	PublishedAt     string `json:"published_at"`
}

// own is what a deployment's payload may say to us, set by whoever made the
// deployment; any of it may be absent.
type own struct {
	Service    string   `json:"service"`
	Services   []string `json:"services"`
	Version    string   `json:"version"`
	Artefact   string   `json:"artefact"`
	Artifact   string   `json:"artifact"`
	Image      string   `json:"image"`
	RollbackOf string   `json:"rollback_of"`
	RollbackBy string   `json:"rollback_ref"`
	Plan       string   `json:"rollback_plan"`
	Model      string   `json:"model"`
	Type       string   `json:"type"`
}
