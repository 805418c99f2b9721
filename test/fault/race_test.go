package fault

func racer() int { return 0 }
func locker() int { return 0 }
