# Every deployment is watched afterwards.
package evenkeel.change

duty contains {"rule": "verify", "do": "verify", "for": data.evenkeel.settings.verify}
