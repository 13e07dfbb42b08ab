package catalogue

// serviceFile is a service as it is written in services/*.yaml. README of the fields: the comments
// of services/housing-assistance.yaml.
type serviceFile struct {
	Key           string                `yaml:"key"`
	Version       int                   `yaml:"version"`
	Namespace     string                `yaml:"namespace"`
	ValidFrom     string                `yaml:"valid_from"`
	ValidTo       string                `yaml:"valid_to"`
	Title         Text                  `yaml:"title"`
	Legal         []legalFile           `yaml:"legal"`
	Form          string                `yaml:"form"`
	Free          bool                  `yaml:"free"`
	Channels      []string              `yaml:"channels"`
	Regions       []string              `yaml:"regions"`
	ProviderKinds []string              `yaml:"provider_kinds"`
	Applicant     applicantFile         `yaml:"applicant"`
	SHEP          shepFile              `yaml:"shep"`
	Fields        map[string]string     `yaml:"fields"`
	Schema        []fieldFile           `yaml:"schema"`
	Repeats       []string              `yaml:"repeats"`
	Documents     []documentFile        `yaml:"documents"`
	Files         *filesFile            `yaml:"files"`
	FromState     []Text                `yaml:"from_state"`
	Consent       bool                  `yaml:"consent"`
	Lookups       []string              `yaml:"lookups"`
	Term          map[string]termFile   `yaml:"term"`
	Steps         map[string][]stepFile `yaml:"steps"`
	Signer        signerFile            `yaml:"signer"`
	Revocation    *revocationFile       `yaml:"revocation"`
	Outputs       map[string]Text       `yaml:"outputs"`
	Refusals      []groundFile          `yaml:"refusals"`
	Notifications []notificationFile    `yaml:"notifications"`
	Hours         map[string]string     `yaml:"hours"`
	Storage       Text                  `yaml:"storage"`
	Survey        []questionFile        `yaml:"survey"`
	Notes         []string              `yaml:"notes"`
	Gaps          []string              `yaml:"gaps"`
}

type legalFile struct {
	Title      Text   `yaml:"title"`
	Date       string `yaml:"date"`
	Number     string `yaml:"number"`
	Registered string `yaml:"registered"`
	Revoked    string `yaml:"revoked"`
	Part       string `yaml:"part"`
}

type applicantFile struct {
	Identity string `yaml:"identity"`
	Who      Text   `yaml:"who"`
}

type shepFile struct {
	ServiceIDs []string     `yaml:"service_ids"`
	Routes     []string     `yaml:"routes"`
	Ours       bool         `yaml:"ours"`
	Payload    *payloadFile `yaml:"payload"`
	Transport  string       `yaml:"transport"`
	BIN        []string     `yaml:"bin"`
}

type fieldFile struct {
	Path     string   `yaml:"path"`
	Type     string   `yaml:"type"`
	Pattern  string   `yaml:"pattern"`
	Values   []string `yaml:"values"`
	Max      int      `yaml:"max"`
	Required bool     `yaml:"required"`
	Example  string   `yaml:"example"`
	Document string   `yaml:"document"` // of a file
	KK       string   `yaml:"kk"`
	RU       string   `yaml:"ru"`
}

type documentFile struct {
	Code     string   `yaml:"code"`
	Channels []string `yaml:"channels"`
	Optional bool     `yaml:"optional"`
	Shown    bool     `yaml:"shown"`
	OneOf    string   `yaml:"one_of"`
	KK       string   `yaml:"kk"`
	RU       string   `yaml:"ru"`
}

type termFile struct {
	Limit string `yaml:"limit"`
	Basis string `yaml:"basis"`
}

type stepFile struct {
	Code  string `yaml:"code"`
	Role  string `yaml:"role"`
	Limit string `yaml:"limit"` // "unknown" where the text sets none
	KK    string `yaml:"kk"`
	RU    string `yaml:"ru"`
	Ends  Text   `yaml:"ends"`
}

type signerFile struct {
	Roles       []string `yaml:"roles"`
	ProviderBIN bool     `yaml:"provider_bin"`
	Who         Text     `yaml:"who"`
}

type groundFile struct {
	Code string `yaml:"code"`
	KK   string `yaml:"kk"`
	RU   string `yaml:"ru"`
}

type notificationFile struct {
	Event string   `yaml:"event"`
	To    []string `yaml:"to"`
}

type questionFile struct {
	KK      string `yaml:"kk"`
	RU      string `yaml:"ru"`
	Answers []Text `yaml:"answers"`
}
