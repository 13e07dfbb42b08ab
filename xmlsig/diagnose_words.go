package xmlsig

// Cause names a likely reason for a failure. The list is closed; each has words.
type Cause string

// Causes that [Diagnose] knows.
const (
	CauseByteOrderMark       Cause = "byte_order_mark"
	CauseUTF16               Cause = "utf16"
	CauseEncoding            Cause = "encoding"
	CauseStillWrapped        Cause = "still_wrapped"
	CauseMojibake            Cause = "mojibake"
	CauseLettersLost         Cause = "letters_lost"
	CauseCommentInText       Cause = "comment_in_text"
	CauseLineEnds            Cause = "line_ends"
	CauseCarriageReturns     Cause = "carriage_returns"
	CauseReindented          Cause = "reindented"
	CauseWhiteSpaceRemoved   Cause = "white_space_removed"
	CausePrefixChanged       Cause = "prefix_changed"
	CauseEnvelope            Cause = "envelope"
	CauseSignedText          Cause = "signed_text"
	CauseEnvelopeOnly        Cause = "envelope_only"
	CauseProfileWSS          Cause = "profile_wss"
	CauseCommentsDigested    Cause = "comments_digested"
	CauseCanonicalisation    Cause = "canonicalisation"
	CauseValueForm           Cause = "value_form"
	CauseOtherCertificate    Cause = "other_certificate"
	CauseAlgorithmOfKey      Cause = "algorithm_of_key"
	CauseMisspelt            Cause = "algorithm_misspelt"
	CauseSHA1                Cause = "sha1"
	CauseOrder               Cause = "order"
	CauseParallel            Cause = "parallel"
	CauseAuthentication      Cause = "authentication_certificate"
	CauseClock               Cause = "clock"
	CauseBeforePeriod        Cause = "before_period"
	CauseAfterPeriod         Cause = "after_period"
	CauseTestAuthority       Cause = "test_authority"
	CauseProductionAuthority Cause = "production_authority"
	CauseUnknownAuthority    Cause = "unknown_authority"
)

// causeWords say what happened and what to do.
var causeWords = map[Cause]Words{
	CauseByteOrderMark: {
		"Something stands before the first tag: white space or a second byte order mark. Send the octets the signing program gave, with nothing before them.",
		"Бірінші тегтің алдында бос орын немесе екінші BOM белгісі тұр. Қол қою бағдарламасы берген байттарды алдына ештеңе қоспай жіберіңіз.",
		"Перед первым тегом стоит лишнее: пробелы или вторая метка BOM. Отправляйте байты, которые дала программа подписания, ничего не добавляя перед ними.",
	},
	CauseUTF16: {
		"The document was saved as UTF-16. Send UTF-8, as it was signed.",
		"Құжат UTF-16 түрінде сақталған. Қол қойылған күйіндегідей UTF-8 түрінде жіберіңіз.",
		"Документ сохранён в UTF-16. Отправляйте его в UTF-8, как он был подписан.",
	},
	CauseEncoding: {
		"The encoding is not the declared one, or not UTF-8. Write the document as UTF-8 and declare nothing else.",
		"Кодтау жарияланғандай емес немесе UTF-8 емес. Құжатты UTF-8 түрінде жазып, басқа кодтауды жарияламаңыз.",
		"Кодировка не та, что объявлена, или не UTF-8. Записывайте документ в UTF-8 и не объявляйте другую кодировку.",
	},
	CauseStillWrapped: {
		"This is not the document but a wrapping of it: JSON, HTML or base64. Unwrap it before it is verified.",
		"Бұл құжаттың өзі емес, оның орамы: JSON, HTML немесе base64. Тексермес бұрын орамнан шығарыңыз.",
		"Это не сам документ, а его обёртка: JSON, HTML или base64. Разверните её перед проверкой.",
	},
	CauseMojibake: {
		"The letters were mangled after signing: UTF-8 was read in another encoding and written again. Look for a program on the way that reads files without naming UTF-8.",
		"Қол қойылғаннан кейін әріптер бұзылған: UTF-8 басқа кодтауда оқылып, қайта жазылған. Жолдағы UTF-8 көрсетпей оқитын бағдарламаны табыңыз.",
		"Буквы испорчены после подписания: UTF-8 прочитали в другой кодировке и записали снова. Найдите по пути программу, которая читает файл, не указав UTF-8.",
	},
	CauseLettersLost: {
		"Letters were lost after signing: where they were there are replacement characters. The original is needed; this copy cannot be repaired.",
		"Қол қойылғаннан кейін әріптер жоғалған: орнында алмастыру белгілері тұр. Түпнұсқа керек; бұл көшірмені түзету мүмкін емес.",
		"После подписания потеряны буквы: на их месте знаки замены. Нужен оригинал; эту копию исправить нельзя.",
	},
	CauseCommentInText: {
		"A comment stands inside the text of an element; programs disagree about what the text then is, so it is refused. Remove comments: they are not signed.",
		"Элемент мәтінінің ішінде түсініктеме тұр; бағдарламалар мұндай мәтінді әртүрлі оқиды, сондықтан қабылданбайды. Түсініктемелерді алып тастаңыз: оларға қол қойылмайды.",
		"Внутри текста элемента стоит комментарий; программы читают такой текст по-разному, поэтому он не принимается. Уберите комментарии: они не подписываются.",
	},
	CauseLineEnds: {
		"The line ends of the content were changed after signing. Pass the document on as octets, not as text.",
		"Қол қойылғаннан кейін мазмұндағы жол соңдары өзгертілген. Құжатты мәтін емес, байттар ретінде беріңіз.",
		"После подписания изменены концы строк в содержимом. Передавайте документ как байты, а не как текст.",
	},
	CauseCarriageReturns: {
		"The characters &#13; were stripped from the signature; they are signed. A program on the way wrote the XML anew: pass it on as octets.",
		"Қолтаңбадан &#13; таңбалары алынып тасталған, ал оларға қол қойылған. Жолдағы бағдарлама XML-ді қайта жазған: оны байттар ретінде беріңіз.",
		"Из подписи удалены символы &#13;, а они подписаны. Программа по пути записала XML заново: передавайте его как байты.",
	},
	CauseReindented: {
		"The document was indented after signing (pretty-printed). White space is signed: store and send it as it came from the signing program.",
		"Құжат қол қойылғаннан кейін шегініспен қайта пішімделген. Бос орындарға да қол қойылады: оны қол қою бағдарламасы берген күйінде сақтап, жіберіңіз.",
		"Документ после подписания переформатировали с отступами. Пробелы тоже подписаны: храните и отправляйте его таким, каким его дала программа подписания.",
	},
	CauseWhiteSpaceRemoved: {
		"White space between the tags was changed after signing, usually removed. Pass the document on as octets, or have it signed without white space.",
		"Қол қойылғаннан кейін тегтер арасындағы бос орындар өзгертілген, әдетте алынып тасталған. Құжатты байттар ретінде беріңіз немесе бос орынсыз қол қойдырыңыз.",
		"После подписания изменены пробелы между тегами, обычно удалены. Передавайте документ как байты или подписывайте его без пробелов.",
	},
	CausePrefixChanged: {
		"Namespace prefixes were changed after signing: a program parsed the XML and wrote it anew. The order of attributes may change, prefixes may not.",
		"Қол қойылғаннан кейін атау кеңістігінің префикстері өзгертілген: бағдарлама XML-ді оқып, қайта жазған. Атрибуттар реті өзгере алады, префикстер өзгермеуі тиіс.",
		"После подписания изменены префиксы пространств имён: программа разобрала XML и записала заново. Порядок атрибутов менять можно, префиксы нельзя.",
	},
	CauseEnvelope: {
		"The document was signed standing alone and then put into an envelope, whose namespaces its signature inherits. Verify the inner document by itself.",
		"Құжатқа жеке тұрғанда қол қойылған, кейін ол конвертке салынған; қолтаңба конверттің атау кеңістіктерін мұраланады. Ішкі құжатты бөлек тексеріңіз.",
		"Документ подписан отдельно, а потом вложен в конверт; подпись наследует его пространства имён. Проверяйте внутренний документ отдельно.",
	},
	CauseSignedText: {
		"The signed document is the text of an element here. Take it out and verify it by itself.",
		"Қол қойылған құжат мұнда элементтің мәтіні болып тұр. Оны шығарып алып, бөлек тексеріңіз.",
		"Подписанный документ здесь является текстом элемента. Извлеките его и проверьте отдельно.",
	},
	CauseEnvelopeOnly: {
		"It is signed by the portal, not by the citizen: the signature belongs to the sending system and proves only the transport.",
		"Құжатқа азамат емес, портал қол қойған: қолтаңба жіберуші жүйенікі және тек жеткізуді растайды.",
		"Подписано порталом, а не гражданином: подпись принадлежит системе-отправителю и подтверждает только доставку.",
	},
	CauseProfileWSS: {
		"The signature is of WS-Security and covers the Body, not the whole envelope. Verify it with --profile wss.",
		"Бұл WS-Security қолтаңбасы, ол бүкіл конвертті емес, Body бөлігін қамтиды. --profile wss арқылы тексеріңіз.",
		"Это подпись WS-Security, она охватывает Body, а не весь конверт. Проверяйте с --profile wss.",
	},
	CauseCommentsDigested: {
		"The signer digested comments too, which the standard leaves out of such references. Sign without comments.",
		"Қол қоюшы бағдарлама түсініктемелерді де хэштеген, ал стандарт оларды мұндай сілтемелерде қалдырады. Түсініктемесіз қол қойыңыз.",
		"Программа подписания хешировала и комментарии, а стандарт их в таких ссылках исключает. Подписывайте без комментариев.",
	},
	CauseCanonicalisation: {
		"The signer used another canonicalisation than the signature names, usually exclusive for inclusive. The signing program must be corrected.",
		"Қол қоюшы бағдарлама қолтаңбада аталғаннан басқа канондауды қолданған, әдетте inclusive орнына exclusive. Қол қою бағдарламасын түзету керек.",
		"Программа подписания применила не ту каноникализацию, что названа в подписи, обычно exclusive вместо inclusive. Её нужно исправить.",
	},
	CauseValueForm: {
		"The signature is good but its value is written in another form than XML signatures want. The signing program must write r and then s as the standard says.",
		"Қолтаңба дұрыс, бірақ мәні XML қолтаңбасы талап ететін түрде жазылмаған. Қол қою бағдарламасы алдымен r, кейін s мәнін стандартқа сай жазуы керек.",
		"Подпись верна, но её значение записано не в том виде, какого требует XML-подпись. Программа подписания должна писать r, затем s по стандарту.",
	},
	CauseOtherCertificate: {
		"The signature was made with the key of another certificate than the one it names first.",
		"Қолтаңба бірінші аталған сертификаттың емес, басқа сертификаттың кілтімен жасалған.",
		"Подпись сделана ключом другого сертификата, не того, что назван первым.",
	},
	CauseAlgorithmOfKey: {
		"The named signature algorithm is not one for this key, for example RSA with a GOST key. Choose the algorithm by the key.",
		"Аталған қолтаңба алгоритмі бұл кілтке сай емес, мысалы ГОСТ кілтімен RSA. Алгоритмді кілтке қарай таңдаңыз.",
		"Названный алгоритм подписи не подходит к этому ключу, например RSA с ключом ГОСТ. Выбирайте алгоритм по ключу.",
	},
	CauseMisspelt: {
		"The URI of the algorithm is misspelt; it must be exact to the letter.",
		"Алгоритмнің URI мекенжайы қате жазылған; ол әріпіне дейін дәл болуы керек.",
		"URI алгоритма записан с ошибкой; он должен совпадать до буквы.",
	},
	CauseSHA1: {
		"The signature uses SHA-1, which is no longer let in. Where old signatures must be read: --allow legacy-rsa-sha1.",
		"Қолтаңба SHA-1 қолданады, ол енді қабылданбайды. Ескі қолтаңбаларды оқу керек болса: --allow legacy-rsa-sha1.",
		"Подпись использует SHA-1, он больше не принимается. Если нужно читать старые подписи: --allow legacy-rsa-sha1.",
	},
	CauseOrder: {
		"The signatures stand in another order than they were made in. Each new signature must be the last child of the root.",
		"Қолтаңбалар жасалған ретімен тұрған жоқ. Әр жаңа қолтаңба түбірдің соңғы элементі болуы керек.",
		"Подписи стоят не в том порядке, в каком сделаны. Каждая новая подпись должна быть последним элементом корня.",
	},
	CauseParallel: {
		"Each signer signed the bare document, not the one the others had signed before. Let the next sign what the previous one gave.",
		"Әр қол қоюшы басқалар қол қойған құжатқа емес, бастапқы құжатқа қол қойған. Келесісі алдыңғысы берген құжатқа қол қойсын.",
		"Каждый подписал исходный документ, а не тот, что уже подписали другие. Следующий должен подписывать то, что дал предыдущий.",
	},
	CauseAuthentication: {
		"It was signed with the certificate for logging in (AUTH). Sign with the signing key (RSA/GOST, file GOSTKNCA or SIGN).",
		"Құжатқа кіру сертификатымен (AUTH) қол қойылған. Қол қою кілтімен қол қойыңыз (GOSTKNCA немесе SIGN файлы).",
		"Подписано сертификатом для входа (AUTH). Подпишите ключом подписи (файл GOSTKNCA или SIGN).",
	},
	CauseClock: {
		"The certificate begins a little later than the moment of the check. Look at the clock and the time zone of the machine.",
		"Сертификат тексеру сәтінен сәл кейін басталады. Компьютердің сағаты мен уақыт белдеуін қараңыз.",
		"Сертификат начинает действовать чуть позже момента проверки. Проверьте часы и часовой пояс машины.",
	},
	CauseBeforePeriod: {
		"The moment of the check lies before the certificate begins. Check with the moment of signing (--at).",
		"Тексеру сәті сертификаттың басталуынан бұрын. Қол қойылған сәтпен тексеріңіз (--at).",
		"Момент проверки раньше начала срока сертификата. Проверяйте на момент подписания (--at).",
	},
	CauseAfterPeriod: {
		"The certificate had expired at the moment of the check. If the document was signed earlier and the time is proven, check at that moment (--at).",
		"Тексеру сәтінде сертификаттың мерзімі өтіп кеткен. Құжатқа бұрын қол қойылып, уақыты дәлелденсе, сол сәтпен тексеріңіз (--at).",
		"На момент проверки срок сертификата истёк. Если документ подписан раньше и время доказано, проверяйте на тот момент (--at).",
	},
	CauseTestAuthority: {
		"It was signed with a test certificate, but the production authorities are trusted here.",
		"Құжатқа тесттік сертификатпен қол қойылған, ал мұнда өнеркәсіптік куәландырушы орталықтарға сенім бар.",
		"Подписано тестовым сертификатом, а здесь доверяют промышленным удостоверяющим центрам.",
	},
	CauseProductionAuthority: {
		"It was signed with a production certificate, but only test authorities are trusted here. Load the certificates of the production authority.",
		"Құжатқа өнеркәсіптік сертификатпен қол қойылған, ал мұнда тек тесттік орталықтарға сенім бар. Өнеркәсіптік орталықтың сертификаттарын жүктеңіз.",
		"Подписано промышленным сертификатом, а здесь доверяют только тестовым центрам. Загрузите сертификаты промышленного центра.",
	},
	CauseUnknownAuthority: {
		"The authority that issued the certificate is not among the trusted ones, or the certificate between them is missing.",
		"Сертификатты берген орталық сенімділердің қатарында жоқ немесе арадағы сертификат жетіспейді.",
		"Выдавший сертификат центр не входит в доверенные, или не хватает промежуточного сертификата.",
	},
}
