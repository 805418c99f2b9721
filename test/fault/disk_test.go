package fault

func locker() int { return 0 }
