# The policy that comes with Evenkeel. It answers one question: may this change
# go on, and who has to look at it first?
#
# How to read it. Each file is one rule. A rule looks at facts (input) and adds
# to one of five sets; this file makes the decision of them:
#
#   deny     stands against the change; approval does not help
#   ask      a person must approve: "who" and "count"
#   unknown  the same, because a fact that should be there is not
#   note     was looked at and asks for nothing
#   duty     what to do besides: notify, verify, window
#
# To add a rule, write a file that adds to a set. To change figures, change the
# settings: rules compare with data.evenkeel.settings.
#
# Every fact in input is {"state": …, "value": …}. The state is "value";
# "not_adopted": the practice that would know is not in use, which is neutral;
# or "unknown": it should be there and is not, which asks a human.
#
# Three things are not decided here, because no policy may undo them: going back
# to what already ran is allowed, incomplete facts are reviewed, and a policy
# that fails or takes too long asks for a review.
package evenkeel.change

decision := {"outcome": outcome, "deny": deny, "ask": asks, "unknown": gaps, "note": note, "duty": duty}

# Whatever is not clearly another answer is a review.
default outcome := "needs_review"

outcome := "deny" if count(deny) > 0

else := "needs_review" if count(asks) > 0

else := "needs_review" if count(gaps) > 0

else := "allow" if cleared

# What lets a change go on with no human: a pre-approved model, a low risk, or a
# medium one that was reviewed.
cleared if standard

cleared if input.risk.value.score < data.evenkeel.settings.medium

cleared if {
	input.risk.value.score < data.evenkeel.settings.high
	reviewed
}

# The way of a change: an emergency asks one person and nobody else; a standard
# change only stops for what nobody could know when its model was approved.
asks := on_call if emergency

else := set() if standard

else := ask

gaps := set() if emergency

else := unknown
