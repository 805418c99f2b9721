package incident

// Message is the wording of an event, the same for every channel.
type Message struct {
	Title  string // "P1 INC-1042 Checkout is down"
	Text   string // one or two sentences: what happened and what is expected
	Facts  []Fact
	Urgent bool // may wake people
	Act    bool // the reader is asked to acknowledge or mitigate: add the links
	To     Audience
}

// Fact is one labelled line of a message.
type Fact struct{ Name, Value string }

// Audience is who gets a message. For a restricted incident Team, Manager and
// Executive are never set; People and Roles name everyone who may know.
type Audience struct {
	Team      string  // members of this team …
	OnTeam    bool    // … all of them (or who is on call)
	Manager   bool    // … its manager
	Executive bool    // … its executive
	People    []int64 // these people besides
	When      When
}

// Viewers are who may see a restricted incident, besides those who have a part in it.
type Viewers struct {
	People []int64  `json:"people,omitempty"`
	Roles  []string `json:"roles,omitempty"` // organisation roles: "admin", "auditor" …
}
