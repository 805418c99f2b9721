package app

// wireCatalog is what the catalog asks of others.
func (a *App) wireCatalog() {
	a.Catalog.People = neighbours{a}
}
