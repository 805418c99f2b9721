# An emergency asks one person, who is on call, and nobody else; the review comes
# afterwards (pending-review.rego). Only a freeze that does not let emergencies
# pass stops it.
package evenkeel.change

emergency if input.change.type == "emergency"

on_call := {{
	"rule": "emergency", "who": "on-call", "count": 1,
	"text": "An emergency: one person on call approves, and it is reviewed afterwards",
}}

duty contains {"rule": "emergency", "do": "notify", "whom": ["manager", "owner"], "text": "An emergency change starts; it is reviewed afterwards"} if emergency

# By which way a change goes, for freezes that let types pass. Calling itself
# standard is not enough.
way := "emergency" if emergency

else := "standard" if standard

else := "normal"
