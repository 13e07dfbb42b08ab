import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyFactory;
import java.security.MessageDigestSpi;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.apache.xml.security.Init;
import org.apache.xml.security.algorithms.JCEMapper;
import org.apache.xml.security.algorithms.MessageDigestAlgorithm;
import org.apache.xml.security.algorithms.SignatureAlgorithm;
import org.apache.xml.security.algorithms.SignatureAlgorithmSpi;
import org.apache.xml.security.c14n.Canonicalizer;
import org.apache.xml.security.signature.Reference;
import org.apache.xml.security.signature.SignedInfo;
import org.apache.xml.security.signature.XMLSignature;
import org.apache.xml.security.signature.XMLSignatureException;
import org.apache.xml.security.transforms.Transforms;
import org.apache.xml.security.transforms.params.InclusiveNamespaces;
import org.apache.xml.security.utils.Constants;
import org.apache.xml.security.utils.ElementProxy;
import org.apache.xml.security.utils.XMLUtils;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.cryptopro.ECGOST3410NamedCurves;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.GOST3411Digest;
import org.bouncycastle.crypto.digests.GOST3411_2012_256Digest;
import org.bouncycastle.crypto.digests.GOST3411_2012_512Digest;
import org.bouncycastle.crypto.engines.GOST28147Engine;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.ECGOST3410Signer;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NamedNodeMap;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.ErrorHandler;
import org.xml.sax.SAXParseException;

/**
 * A second opinion on XML signatures with the national algorithms of Kazakhstan: Apache Santuario, which NCALayer and
 * NCANode are built on, with the primitives of BouncyCastle. It shares no line with the Go verifier. See README.md.
 */
public final class Oracle {
    static final String MORE = "http://www.w3.org/2001/04/xmldsig-more#";
    static final String NATIONAL = "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:";
    static final String OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
    static final String WSSE = OASIS + "wssecurity-secext-1.0.xsd";
    static final String WSU = OASIS + "wssecurity-utility-1.0.xsd";
    static final String X509V3 = OASIS + "x509-token-profile-1.0#X509v3";
    static final String BASE64 = OASIS + "soap-message-security-1.0#Base64Binary";
    static final List<String> SOAP =
            List.of("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope");

    public static void main(String[] args) throws Exception {
        setUp();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (args.length > 0 && args[0].startsWith("verify")) {
            for (String file : Arrays.copyOfRange(args, 1, args.length)) {
                out.println(answer(new String[] {args[0], file}));
            }
            return;
        }
        if (args.length > 0) {
            out.println(answer(args));
            return;
        }
        // Without arguments: one command a line, its words parted by tabs; one answer a line.
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null; ) {
            out.println(answer(line.split("\t")));
        }
    }

    /** FILE, verdict and details, parted by tabs. */
    static String answer(String[] words) {
        String verdict;
        try {
            switch (words[0]) {
                case "verify", "verify-any", "verify-wss" ->
                        verdict = new Verification(words[0], Files.readAllBytes(Path.of(words[1]))).verdict();
                case "sign" -> verdict = new Signing(words).sign();
                case "resign" -> verdict = new Signing(words).resign();
                default -> verdict = "error\tunknown command " + words[0];
            }
        } catch (Exception | StackOverflowError e) {
            verdict = "error\t" + plain(e);
        }
        return (words.length > 1 ? words[1] : "") + "\t" + verdict;
    }

    static String plain(Throwable e) {
        return (e.getClass().getSimpleName() + ": " + e.getMessage()).replaceAll("[\\s\\p{Cntrl}]+", " ");
    }

    // ------------------------------------------------------------------ algorithms

    /** The national algorithms, from the tables of facts/national-pki.md §2. */
    enum National {
        GOST512("1.2.398.3.10.1.1.2.2", "1.2.398.3.10.1.1.2.2.1", "1.2.643.7.1.2.1.2.1", 64,
                NATIONAL + "gostr34102015-gostr34112015-512", NATIONAL + "gostr34112015-512"),
        GOST256("1.2.398.3.10.1.1.2.1", "1.2.398.3.10.1.1.2.1.1", "1.2.643.7.1.2.1.1.1", 32,
                NATIONAL + "gostr34102015-gostr34112015-256", NATIONAL + "gostr34112015-256"),
        GOST2004("1.2.398.3.10.1.1.1.1", "1.2.398.3.10.1.1.1.1.1", "1.2.643.2.2.35.1", 32,
                MORE + "gost34310-gost34311", MORE + "gost34311");

        final String keyOID, paramsOID, curveOID, method, digestURI;
        final int size;

        National(String keyOID, String paramsOID, String curveOID, int size, String method, String digestURI) {
            this.keyOID = keyOID;
            this.paramsOID = paramsOID;
            this.curveOID = curveOID;
            this.size = size;
            this.method = method;
            this.digestURI = digestURI;
        }

        Digest digest() {
            return switch (this) {
                case GOST512 -> new GOST3411_2012_512Digest();
                case GOST256 -> new GOST3411_2012_256Digest();
                case GOST2004 -> new GOST3411Digest(GOST28147Engine.getSBox("D-Test"));
            };
        }

        ECDomainParameters domain() {
            X9ECParameters c = ECGOST3410NamedCurves.getByOIDX9(new ASN1ObjectIdentifier(curveOID));
            return new ECDomainParameters(c.getCurve(), c.getG(), c.getN(), c.getH());
        }

        static National of(String oid) {
            for (National n : values()) {
                if (n.keyOID.equals(oid)) {
                    return n;
                }
            }
            return null;
        }
    }

    record NationalKey(National national, org.bouncycastle.math.ec.ECPoint point) implements PublicKey {
        public String getAlgorithm() { return national.name(); }
        public String getFormat() { return null; }
        public byte[] getEncoded() { return null; }
    }

    record NationalSecret(National national, BigInteger d) implements PrivateKey {
        public String getAlgorithm() { return national.name(); }
        public String getFormat() { return null; }
        public byte[] getEncoded() { return null; }
    }

    /** A signature: r and s one after the other, each little-endian (facts §2.3). */
    public abstract static class NationalSignature extends SignatureAlgorithmSpi {
        private final National national;
        private Digest digest;
        private ECGOST3410Signer signer;

        NationalSignature(National national) { this.national = national; }

        protected String engineGetURI() { return national.method; }
        protected String engineGetJCEAlgorithmString() { return national.name(); }
        protected String engineGetJCEProviderName() { return "KZ"; }
        protected void engineUpdate(byte[] b) { digest.update(b, 0, b.length); }
        protected void engineUpdate(byte b) { digest.update(b); }
        protected void engineUpdate(byte[] b, int off, int len) { digest.update(b, off, len); }
        protected void engineSetParameter(AlgorithmParameterSpec p) { }
        protected void engineSetHMACOutputLength(int n) { }

        protected void engineInitSign(Key key) throws XMLSignatureException { engineInitSign(key, new SecureRandom()); }

        protected void engineInitSign(Key key, AlgorithmParameterSpec p) throws XMLSignatureException {
            engineInitSign(key);
        }

        protected void engineInitSign(Key key, SecureRandom random) throws XMLSignatureException {
            if (!(key instanceof NationalSecret k) || k.national != national) {
                throw new XMLSignatureException("empty", new Object[] {"the key is of another algorithm"});
            }
            start();
            signer.init(true, new ParametersWithRandom(new ECPrivateKeyParameters(k.d, national.domain()), random));
        }

        protected void engineInitVerify(Key key) throws XMLSignatureException {
            if (!(key instanceof NationalKey k) || k.national != national) {
                throw new XMLSignatureException("empty", new Object[] {"the key is of another algorithm"});
            }
            start();
            signer.init(false, new ECPublicKeyParameters(k.point, national.domain()));
        }

        private void start() {
            digest = national.digest();
            signer = new ECGOST3410Signer();
        }

        private byte[] sum() {
            byte[] sum = new byte[digest.getDigestSize()];
            digest.doFinal(sum, 0);
            return sum;
        }

        protected byte[] engineSign() {
            BigInteger[] rs = signer.generateSignature(sum());
            byte[] out = new byte[2 * national.size];
            for (int i = 0; i < 2; i++) {
                for (int k = 0; k < national.size; k++) {
                    out[i * national.size + k] = rs[i].shiftRight(8 * k).byteValue();
                }
            }
            return out;
        }

        protected boolean engineVerify(byte[] sig) {
            int n = national.size;
            return sig.length == 2 * n && signer.verifySignature(sum(), little(sig, 0, n), little(sig, n, n));
        }
    }

    static BigInteger little(byte[] b, int off, int n) {
        byte[] big = new byte[n];
        for (int i = 0; i < n; i++) {
            big[n - 1 - i] = b[off + i];
        }
        return new BigInteger(1, big);
    }

    public static final class Gost512Signature extends NationalSignature {
        public Gost512Signature() { super(National.GOST512); }
    }

    public static final class Gost256Signature extends NationalSignature {
        public Gost256Signature() { super(National.GOST256); }
    }

    public static final class Gost2004Signature extends NationalSignature {
        public Gost2004Signature() { super(National.GOST2004); }
    }

    public abstract static class NationalDigest extends MessageDigestSpi {
        private final Digest digest;

        NationalDigest(National national) { digest = national.digest(); }

        protected void engineUpdate(byte b) { digest.update(b); }
        protected void engineUpdate(byte[] b, int off, int len) { digest.update(b, off, len); }
        protected void engineReset() { digest.reset(); }

        protected byte[] engineDigest() {
            byte[] sum = new byte[digest.getDigestSize()];
            digest.doFinal(sum, 0);
            return sum;
        }
    }

    public static final class Streebog512 extends NationalDigest {
        public Streebog512() { super(National.GOST512); }
    }

    public static final class Streebog256 extends NationalDigest {
        public Streebog256() { super(National.GOST256); }
    }

    public static final class Gost34311 extends NationalDigest {
        public Gost34311() { super(National.GOST2004); }
    }

    static final class Digests extends Provider {
        Digests() {
            super("KZ", "1", "national digests");
            add("GOST512", Streebog512.class);
            add("GOST256", Streebog256.class);
            add("GOST2004", Gost34311.class);
        }

        private void add(String name, Class<?> c) {
            putService(new Service(this, "MessageDigest", name, c.getName(), null, null));
        }
    }

    static void setUp() throws Exception {
        Init.init();
        Security.addProvider(new Digests());
        Security.addProvider(new BouncyCastleProvider()); // RSA-PSS under the names Santuario asks for
        SignatureAlgorithm.register(National.GOST512.method, Gost512Signature.class);
        SignatureAlgorithm.register(National.GOST256.method, Gost256Signature.class);
        SignatureAlgorithm.register(National.GOST2004.method, Gost2004Signature.class);
        for (National n : National.values()) {
            JCEMapper.register(n.digestURI, new JCEMapper.Algorithm("", n.name(), "MessageDigest"));
            JCEMapper.register(n.method, new JCEMapper.Algorithm(n.name(), n.name(), "Signature"));
        }
        ElementProxy.setDefaultPrefix(Constants.SignatureSpecNS, "ds");
    }

    /** The public key of a certificate, from the octets of its SubjectPublicKeyInfo. */
    static PublicKey publicKey(byte[] der) throws Exception {
        SubjectPublicKeyInfo spki = Certificate.getInstance(der).getSubjectPublicKeyInfo();
        String oid = spki.getAlgorithm().getAlgorithm().getId();
        National n = National.of(oid);
        if (n == null) {
            String name = oid.equals("1.2.840.10045.2.1") ? "EC" : "RSA";
            return KeyFactory.getInstance(name).generatePublic(new X509EncodedKeySpec(spki.getEncoded()));
        }
        ASN1Sequence params = ASN1Sequence.getInstance(spki.getAlgorithm().getParameters());
        if (!params.getObjectAt(0).toString().equals(n.paramsOID)) {
            throw new IllegalArgumentException("curve " + params.getObjectAt(0));
        }
        byte[] xy = ASN1OctetString.getInstance(spki.getPublicKeyData().getOctets()).getOctets();
        if (xy.length != 2 * n.size) {
            throw new IllegalArgumentException("a public key of " + xy.length + " octets");
        }
        BigInteger x = little(xy, 0, n.size), y = little(xy, n.size, n.size);
        return new NationalKey(n, n.domain().getCurve().validatePoint(x, y));
    }

    static PrivateKey privateKey(byte[] der) throws Exception {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(der);
        String oid = info.getPrivateKeyAlgorithm().getAlgorithm().getId();
        National n = National.of(oid);
        if (n == null) {
            String name = oid.equals("1.2.840.10045.2.1") ? "EC" : "RSA";
            return KeyFactory.getInstance(name).generatePrivate(new PKCS8EncodedKeySpec(der));
        }
        byte[] scalar = ASN1OctetString.getInstance(info.parsePrivateKey()).getOctets();
        return new NationalSecret(n, little(scalar, 0, scalar.length));
    }

    // ------------------------------------------------------------------ documents

    /** A DOM as lenient as NCANode's: a DOCTYPE is let in, external entities are not. */
    static Document parse(byte[] xml) throws Exception {
        DocumentBuilderFactory f = DocumentBuilderFactory.newInstance();
        f.setNamespaceAware(true);
        f.setCoalescing(true); // Santuario does not see CDATA inside a base64 value; to XML it is text like any other
        f.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        f.setFeature("http://xml.org/sax/features/external-general-entities", false);
        f.setFeature("http://xml.org/sax/features/external-parameter-entities", false);
        f.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        DocumentBuilder b = f.newDocumentBuilder();
        b.setErrorHandler(new ErrorHandler() {
            public void warning(SAXParseException e) { }
            public void error(SAXParseException e) { }
            public void fatalError(SAXParseException e) throws SAXParseException { throw e; }
        });
        Document doc = b.parse(new ByteArrayInputStream(xml));
        nameElements(doc.getDocumentElement());
        return doc;
    }

    /** Makes Ids of the attributes that are Ids by custom, as there is no schema. */
    static void nameElements(Element e) {
        NamedNodeMap attrs = e.getAttributes();
        for (int i = 0; i < attrs.getLength(); i++) {
            Attr a = (Attr) attrs.item(i);
            String space = a.getNamespaceURI();
            boolean id = space == null && List.of("Id", "ID", "id", "AssertionID").contains(a.getLocalName())
                    || WSU.equals(space) && a.getLocalName().equals("Id")
                    || XMLConstants.XML_NS_URI.equals(space) && a.getLocalName().equals("id");
            if (id) {
                e.setIdAttributeNode(a, true);
            }
        }
        for (Element child : children(e)) {
            nameElements(child);
        }
    }

    static List<Element> children(Node parent) {
        List<Element> out = new ArrayList<>();
        for (Node n = parent.getFirstChild(); n != null; n = n.getNextSibling()) {
            if (n instanceof Element e) {
                out.add(e);
            }
        }
        return out;
    }

    static boolean is(Node n, String space, String local) {
        return n instanceof Element && space.equals(n.getNamespaceURI()) && local.equals(n.getLocalName());
    }

    static boolean isSignature(Node n) { return is(n, Constants.SignatureSpecNS, "Signature"); }

    static void outermostSignatures(Element e, List<Element> out) {
        if (isSignature(e)) {
            out.add(e);
            return;
        }
        for (Element child : children(e)) {
            outermostSignatures(child, out);
        }
    }

    // ------------------------------------------------------------------ verification

    /** The verdict on one document: that of Santuario on every signature that counts. */
    static final class Verification {
        private final Document doc;
        private final String mode;
        private final List<Element> signatures = new ArrayList<>();
        private Element body; // of SOAP

        Verification(String mode, byte[] xml) throws Exception {
            this.mode = mode;
            doc = parse(xml);
            Element root = doc.getDocumentElement();
            switch (mode) {
                case "verify-wss" -> {
                    if (SOAP.contains(root.getNamespaceURI()) && root.getLocalName().equals("Envelope")) {
                        headerSignatures(root);
                    }
                }
                case "verify" -> {
                    children(root).stream().filter(Oracle::isSignature).forEach(signatures::add);
                    if (signatures.isEmpty()) {
                        outermostSignatures(root, signatures);
                    }
                }
                default -> outermostSignatures(root, signatures);
            }
        }

        private void headerSignatures(Element root) {
            for (Element part : children(root)) {
                if (is(part, root.getNamespaceURI(), "Body") && body == null) {
                    body = part;
                }
                if (!is(part, root.getNamespaceURI(), "Header")) {
                    continue;
                }
                for (Element security : children(part)) {
                    if (is(security, WSSE, "Security")) {
                        children(security).stream().filter(Oracle::isSignature).forEach(signatures::add);
                    }
                }
            }
        }

        /**
         * The last signature first: the earlier ones were made when the later ones were not there, and are verified
         * with those taken away.
         */
        String verdict() {
            List<String> details = new ArrayList<>();
            boolean valid = !signatures.isEmpty(), error = false;
            for (int i = signatures.size() - 1; i >= 0; i--) {
                List<Runnable> undo = new ArrayList<>();
                for (Element later : signatures.subList(i + 1, signatures.size())) {
                    if (mode.equals("verify") || mode.equals("verify-any")
                            && later.getParentNode() == signatures.get(i).getParentNode()) {
                        undo.add(0, take(later));
                    }
                }
                String found;
                try {
                    found = verify(signatures.get(i));
                } catch (Exception | StackOverflowError e) {
                    found = "error " + plain(e);
                }
                undo.forEach(Runnable::run);
                details.add(0, "[" + (i + 1) + " " + found + "]");
                valid &= found.startsWith("valid");
                error |= found.startsWith("error");
            }
            if (details.isEmpty()) {
                details.add("[no signature]");
            }
            return (valid ? "valid" : error ? "error" : "invalid") + "\t" + String.join(" ", details);
        }

        private Runnable take(Element e) {
            Node parent = e.getParentNode(), next = e.getNextSibling();
            parent.removeChild(e);
            return () -> parent.insertBefore(e, next);
        }

        /** Verdict, what the two halves of it are, and what the references cover. */
        private String verify(Element element) throws Exception {
            PublicKey key = publicKey(certificate(element));
            String covers = covers(new XMLSignature(element, "", true).getSignedInfo());
            boolean valid = new XMLSignature(element, "", true).checkSignatureValue(key);
            String digests;
            try {
                digests = new XMLSignature(element, "", true).getSignedInfo().verifyReferences() ? "+" : "-";
            } catch (Exception e) {
                digests = "!";
            }
            return (valid ? "valid" : "invalid") + " digests" + digests + " covers " + covers;
        }

        /** "document", "body" or "part" for each reference. */
        private String covers(SignedInfo info) throws Exception {
            List<String> out = new ArrayList<>();
            for (int i = 0; i < info.getLength(); i++) {
                Reference ref = info.item(i);
                String uri = ref.getURI();
                Node node = null;
                if ("".equals(uri) || "#xpointer(/)".equals(uri)) {
                    node = doc;
                } else if (uri != null && uri.startsWith("#")) {
                    String id = uri.substring(1).replaceAll("^xpointer\\(id\\(['\"](.*)['\"]\\)\\)$", "$1");
                    node = doc.getElementById(id);
                }
                boolean whole = true; // nothing but the signature itself is left out
                Transforms ts = ref.getTransforms();
                for (int k = 0; ts != null && k < ts.getLength(); k++) {
                    String t = ts.item(k).getURI();
                    whole &= t.equals(Transforms.TRANSFORM_ENVELOPED_SIGNATURE) || t.contains("c14n");
                }
                boolean root = node == doc || node == doc.getDocumentElement();
                out.add(!whole || node == null ? "part" : root ? "document" : node == body ? "body" : "part");
            }
            return String.join(",", out);
        }

        /** The first certificate of KeyInfo: X509Data, or a KeyIdentifier of WS-Security. */
        private static byte[] certificate(Element signature) throws Exception {
            for (Element info : children(signature)) {
                if (!is(info, Constants.SignatureSpecNS, "KeyInfo")) {
                    continue;
                }
                for (Element kind : children(info)) {
                    for (Element e : children(kind)) {
                        if (is(kind, Constants.SignatureSpecNS, "X509Data")
                                        && is(e, Constants.SignatureSpecNS, "X509Certificate")
                                || is(kind, WSSE, "SecurityTokenReference") && is(e, WSSE, "KeyIdentifier")
                                        && X509V3.equals(e.getAttribute("ValueType"))) {
                            return XMLUtils.decode(XMLUtils.getFullTextChildrenFromNode(e));
                        }
                    }
                }
            }
            throw new IllegalArgumentException("no certificate");
        }
    }

    // ------------------------------------------------------------------ signing

    /**
     * sign OUT in=… key=… cert=… and, if wanted, mode=document|id|wss id=… c14n=… transforms=…,… prefixes=… method=…
     * digest=… uri=… lines=no; resign OUT in=… key=…. Keys are PKCS #8, certificates DER.
     */
    static final class Signing {
        private final Map<String, String> opt = new HashMap<>();
        private final Path out;
        private final Document doc;
        private final PrivateKey key;

        Signing(String[] words) throws Exception {
            out = Path.of(words[1]);
            for (String word : Arrays.copyOfRange(words, 2, words.length)) {
                String[] pair = word.split("=", 2);
                opt.put(pair[0], pair[1]);
            }
            doc = parse(Files.readAllBytes(Path.of(opt.get("in"))));
            key = privateKey(Files.readAllBytes(Path.of(opt.get("key"))));
        }

        String sign() throws Exception {
            byte[] cert = Files.readAllBytes(Path.of(opt.get("cert")));
            Element parent = doc.getDocumentElement();
            String c14n = Canonicalizer.ALGO_ID_C14N_OMIT_COMMENTS, uri = "";
            String transforms = Transforms.TRANSFORM_ENVELOPED_SIGNATURE + "," + Transforms.TRANSFORM_C14N_WITH_COMMENTS;
            String mode = opt.getOrDefault("mode", "document");
            if (mode.equals("id")) {
                uri = "#" + opt.get("id");
                c14n = Canonicalizer.ALGO_ID_C14N_EXCL_OMIT_COMMENTS;
                transforms = Transforms.TRANSFORM_C14N_WITH_COMMENTS; // as NCALayer does
            } else if (mode.equals("wss")) {
                uri = "#" + nameBody();
                transforms = c14n = Canonicalizer.ALGO_ID_C14N_EXCL_OMIT_COMMENTS;
                parent = securityHeader();
            }
            uri = opt.getOrDefault("uri", uri);
            ignoreLineBreaks("no".equals(opt.get("lines")));
            XMLSignature sig = new XMLSignature(doc, "", opt.getOrDefault("method", method(publicKey(cert))),
                    opt.getOrDefault("c14n", c14n));
            parent.appendChild(sig.getElement());
            sig.addDocument(uri, transforms(opt.getOrDefault("transforms", transforms)),
                    opt.getOrDefault("digest", digest(publicKey(cert))));
            if (mode.equals("wss")) {
                sig.getKeyInfo().getElement().appendChild(tokenReference(cert));
            } else {
                org.apache.xml.security.keys.content.X509Data data =
                        new org.apache.xml.security.keys.content.X509Data(doc);
                data.addCertificate(cert);
                sig.getKeyInfo().add(data);
            }
            sig.sign(key);
            return write();
        }

        /** Computes the digests and the value of the first signature again, whatever has become of it. */
        String resign() throws Exception {
            List<Element> all = new ArrayList<>();
            outermostSignatures(doc.getDocumentElement(), all);
            Element signature = all.get(0);
            SignedInfo info = new XMLSignature(signature, "", false).getSignedInfo();
            for (int i = 0; i < info.getLength(); i++) {
                Reference ref = info.item(i);
                MessageDigestAlgorithm digest = ref.getMessageDigestAlgorithm();
                digest.update(ref.getReferencedBytes());
                put(ref.getElement(), "DigestValue", digest.digest());
            }
            info = new XMLSignature(signature, "", false).getSignedInfo();
            SignatureAlgorithm algorithm = info.getSignatureAlgorithm();
            algorithm.initSign(key);
            algorithm.update(info.getCanonicalizedOctetStream());
            put(signature, "SignatureValue", algorithm.sign());
            return write();
        }

        private static void put(Element parent, String name, byte[] value) {
            for (Element e : children(parent)) {
                if (is(e, Constants.SignatureSpecNS, name)) {
                    e.setTextContent(java.util.Base64.getEncoder().encodeToString(value));
                }
            }
        }

        private Transforms transforms(String list) throws Exception {
            Transforms ts = new Transforms(doc);
            for (String uri : list.split(",")) {
                if (opt.containsKey("prefixes") && uri.contains("exc-c14n")) {
                    ts.addTransform(uri, new InclusiveNamespaces(doc, opt.get("prefixes")).getElement());
                } else if (!uri.isEmpty()) {
                    ts.addTransform(uri);
                }
            }
            return list.isEmpty() ? null : ts;
        }

        private static String method(PublicKey key) {
            if (key instanceof NationalKey k) {
                return k.national.method;
            }
            return MORE + (key.getAlgorithm().equals("EC") ? "ecdsa-sha256" : "rsa-sha256");
        }

        private static String digest(PublicKey key) {
            return key instanceof NationalKey k ? k.national.digestURI : "http://www.w3.org/2001/04/xmlenc#sha256";
        }

        private Element soap(String local) {
            for (Element e : children(doc.getDocumentElement())) {
                if (SOAP.contains(e.getNamespaceURI()) && e.getLocalName().equals(local)) {
                    return e;
                }
            }
            return null;
        }

        private String nameBody() {
            Element body = soap("Body");
            String id = body.getAttributeNS(WSU, "Id");
            if (id.isEmpty()) {
                id = "id-" + UUID.randomUUID();
                body.setAttributeNS(XMLConstants.XMLNS_ATTRIBUTE_NS_URI, "xmlns:wsu", WSU);
                body.setAttributeNS(WSU, "wsu:Id", id);
            }
            body.setIdAttributeNS(WSU, "Id", true);
            return id;
        }

        private Element securityHeader() {
            Element root = doc.getDocumentElement(), header = soap("Header");
            if (header == null) {
                String prefix = root.getPrefix() == null ? "" : root.getPrefix() + ":";
                header = doc.createElementNS(root.getNamespaceURI(), prefix + "Header");
                root.insertBefore(header, root.getFirstChild());
            }
            Element security = doc.createElementNS(WSSE, "wsse:Security");
            security.setAttributeNS(XMLConstants.XMLNS_ATTRIBUTE_NS_URI, "xmlns:wsse", WSSE);
            header.appendChild(security);
            return security;
        }

        private Element tokenReference(byte[] cert) {
            Element id = doc.createElementNS(WSSE, "wsse:KeyIdentifier");
            id.setAttributeNS(null, "EncodingType", BASE64);
            id.setAttributeNS(null, "ValueType", X509V3);
            id.setTextContent(java.util.Base64.getEncoder().encodeToString(cert));
            Element ref = doc.createElementNS(WSSE, "wsse:SecurityTokenReference");
            ref.appendChild(id);
            return ref;
        }

        /** Santuario reads this once, from a system property; one JVM serves both layouts here. */
        private static void ignoreLineBreaks(boolean ignore) throws Exception {
            java.lang.reflect.Field f = XMLUtils.class.getDeclaredField("ignoreLineBreaks");
            f.setAccessible(true);
            f.setBoolean(null, ignore);
        }

        private String write() throws Exception {
            Transformer t = TransformerFactory.newInstance().newTransformer();
            t.setOutputProperty(OutputKeys.ENCODING, "UTF-8");
            try (OutputStream to = Files.newOutputStream(out)) {
                t.transform(new DOMSource(doc), new StreamResult(to));
            }
            return "done\t";
        }
    }
}
