package demo

// product is what one service's team ships.
type product struct {
	service, team, repository string
	major, minor              int
	weight                    int // how often, against the others
	tests                     int
	authors                   []string
	titles                    []string
}

var products = []product{
	{service: "storefront", team: "shop", repository: "shop/storefront", major: 8, minor: 40, weight: 8, tests: 912, authors: []string{"priya", "mara"},
		titles: []string{"Baskets survive a change of language", "Fonts are served from our own hosts", "Cart shows delivery days", "Pictures load when they come into view", "Gift cards in the header", "Product page asks once, not three times"}},
	{service: "checkout", team: "shop", repository: "shop/checkout", major: 5, minor: -12, weight: 9, tests: 1284, authors: []string{"mara", "priya"},
		titles: []string{"Voucher codes may contain dashes", "Log level of the tax table", "Gift cards can pay a part", "Shipping to islands costs what it costs", "Order is written before the card is asked", "Address check waits two seconds at most"}},
	{service: "payments", team: "payments", repository: "payments/gateway", major: 3, minor: 11, weight: 8, tests: 1530, authors: []string{"jonas"},
		titles: []string{"3-DS retry after a timeout", "Refunds carry the order number", "Settlement file in the new format", "Connection pool per acquirer region", "Ledger export by day"}},
	{service: "orders-queue", team: "orders", repository: "orders/queue", major: 2, minor: -4, weight: 6, tests: 410, authors: []string{"tom", "jonas"},
		titles: []string{"Queue limit follows the consumers", "Dead letters keep their reason", "Consumers rebalance one by one", "Metrics by priority"}},
	{service: "search", team: "discovery", repository: "discovery/search", major: 12, minor: 3, weight: 7, tests: 640, authors: []string{"lena"},
		titles: []string{"Synonyms for kitchenware", "Sold-out items go last", "Suggestions after two letters", "Shards are balanced by size"}},
	{service: "catalog-api", team: "discovery", repository: "discovery/catalog-api", major: 4, minor: 60, weight: 6, tests: 720, authors: []string{"lena"},
		titles: []string{"Price cache holds a minute", "Supplier files may be compressed", "Attributes of size and colour", "Import continues after a bad line"}},
	{service: "email", team: "platform", repository: "platform/email", major: 1, minor: 70, weight: 3, tests: 130, authors: []string{"omar", "priya"},
		titles: []string{"Templates without tables", "Unsubscribe by one click", "Order lines show pictures"}},
	{service: "warehouse-sync", team: "orders", repository: "orders/warehouse-sync", major: 6, minor: 2, weight: 3, tests: 260, authors: []string{"tom"},
		titles: []string{"Pick lists by aisle", "Docks report what is missing", "Retry of label printers"}},
}

var flags = []string{"express-checkout", "new-search-box", "recommendations", "wish-list", "dark-pictures", "delivery-map"}

var copies = []string{"Banner for the autumn sale", "Opening hours of the shops", "Size tables in nine languages", "Legal texts", "Words on the delivery page"}
