"""What sources call the types, the languages and the statuses of papers → our words for them."""

import re
from functools import cache


def language_code(text: str) -> str:
    """Return the ISO 639-1 code of a language, given by a code or a name; as printed if unknown.

    Codes are those of ISO 639-1, 639-2 and BCP 47, such as ``ger``, ``deu`` and ``de-AT``; names
    are English, or the language's own. Of several languages the first counts.
    """
    for printed in re.split(r"[;,/|+&]|\band\b", text):
        word = re.sub(r"[(\[].*", "", printed.strip(" .[]()")).strip()
        known = _languages()
        code = known.get(word.casefold()) or known.get(re.split("[-_]", word.casefold())[0])
        if code:
            return code
        if word and word.casefold() not in _NO_LANGUAGE and len(word) <= _MAX_LANGUAGE_CHARS:
            return word
    return ""


def is_preprint_server(text: str) -> bool:
    """Tell whether what stands for a journal or a publisher is a server of preprints.

    ``arXiv preprint arXiv:2001.00001`` is one, and so is ``CoRR``.
    """
    return _PREPRINT_SERVER.match(text) is not None


_PREPRINT_SERVER = re.compile(
    r"\s*(?:(?:the )?(?:arxiv|corr|biorxiv|medrxiv|chemrxiv|psyarxiv|ssrn|research square)\b"
    r"|arxiv\d|computing research repository)",
    re.I,
)


def document_type(text: str) -> str:
    """Return the word of ``index.paper.TYPES`` for a type as sources print it, empty if unknown.

    ``Article; Proceedings Paper`` has the first type that is known, but ``Review`` and the like
    count more than ``Article``, which stands for anything in a journal.
    """
    found = ""
    for word in re.split(r"[;,|/]", text.lower()):
        word = re.sub(r"[\s_-]+", " ", word).strip(" .[]()")
        one = _TYPES.get(word) or _TYPES.get(word.removesuffix("s"), "")
        if one and found in ("", "article"):
            found = one
    return found


# The document types of Web of Science, Scopus, PubMed, Dimensions, Lens, Embase and PsycINFO, and
# what reference managers call theirs.
_TYPES = {
    word: name
    for name, words in {
        "article": "article|journal article|article in press|original article|research article"
        "|original research|research paper|full length article|short survey|short communication"
        "|brief communication|letter|letter to the editor|communication|note|case report|data paper"
        "|journal|magazine article|newspaper article|comment|commentary|perspective|opinion",
        "review": "review|review article|literature review|systematic review|meta analysis",
        "editorial": "editorial|editorial material|editorial note|introduction|foreword|preface",
        "erratum": "erratum|correction|corrigendum|published erratum|correction addition|addendum"
        "|author correction|publisher correction",
        "notice": "retraction|retraction note|retraction notice|retraction of publication"
        "|expression of concern",
        "inproceedings": "conference paper|conference proceeding|proceedings paper|conference"
        "|proceedings article|inproceedings|meeting abstract|conference abstract|conference poster"
        "|proceeding paper",
        "chapter": "chapter|book chapter|book section|incollection|inbook|encyclopedia article",
        "book": "book|edited book|monograph|proceeding|collection|e book|authored book",
        "thesis": "thesis|dissertation|doctoral dissertation|phd thesis|phdthesis|master thesis"
        "|master's thesis|masters thesis|mastersthesis|mathesi|ma thesis|doctoral thesis"
        "|bachelor thesis|bathesi|dissertation thesis",
        "report": "report|technical report|techreport|research report|working paper|resreport"
        "|discussion paper|government document|white paper",
        "dataset": "dataset|data set|data study",
        "preprint": "preprint|posted content|eprint|e print",
        "paratext": "paratext|front matter|frontmatter|table of contents|masthead|cover|index",
    }.items()
    for word in words.split("|")
}


@cache
def _languages() -> dict[str, str]:
    """Return the codes of ISO 639-1 by all codes and names."""
    rows = [row.strip().split(",") for row in _LANGUAGES.split(";")]
    return {word: row[0] for row in rows for word in row}


_MAX_LANGUAGE_CHARS = 40
_NO_LANGUAGE = {
    *("und", "undetermined", "unknown", "mul", "multiple", "multiple languages", "zxx", "mis"),
    *("none", "null", "nan", "n/a", "n", "a", "other", "not specified", "undefined"),
}
# ISO 639-1 with the codes of 639-2, terminological and bibliographic, the English names, and what
# speakers of the larger languages call theirs; three codes are MARC's of old.
_LANGUAGES = """
aa,aar,afar; ab,abk,abkhazian; ae,ave,avestan; af,afr,afrikaans; ak,aka,akan; am,amh,amharic;
an,arg,aragonese; ar,ara,arabic,العربية; as,asm,assamese; av,ava,avaric; ay,aym,aymara;
az,aze,azerbaijani; ba,bak,bashkir; be,bel,belarusian; bg,bul,bulgarian,български;
bi,bis,bislama; bm,bam,bambara; bn,ben,bengali,bangla; bo,bod,tib,tibetan; br,bre,breton;
bs,bos,bosnian; ca,cat,catalan,català; ce,che,chechen; ch,cha,chamorro; co,cos,corsican;
cr,cre,cree; cs,ces,cze,czech,čeština,cesky; cu,chu,church slavic; cv,chv,chuvash;
cy,cym,wel,welsh; da,dan,danish,dansk; de,deu,ger,german,deutsch; dv,div,divehi;
dz,dzo,dzongkha; ee,ewe; el,ell,gre,greek,ελληνικά; en,eng,english,anglais,englisch,inglés;
eo,epo,esperanto,esp; es,spa,spanish,español,espanol,castilian,castellano;
et,est,estonian,eesti; eu,eus,baq,basque,euskara; fa,fas,per,persian,فارسی,farsi; ff,ful,fulah;
fi,fin,finnish,suomi; fj,fij,fijian; fo,fao,faroese; fr,fra,fre,french,français,francais;
fy,fry,western frisian,frisian,fri; ga,gle,irish,gaelic,iri;
gd,gla,scottish gaelic,scots gaelic; gl,glg,galician,galego; gn,grn,guarani; gu,guj,gujarati;
gv,glv,manx; ha,hau,hausa; he,heb,hebrew,עברית; hi,hin,hindi,हिन्दी; ho,hmo,hiri motu;
hr,hrv,croatian,hrvatski,scr; ht,hat,haitian,haitian creole; hu,hun,hungarian,magyar;
hy,hye,arm,armenian; hz,her,herero; ia,ina,interlingua; id,ind,indonesian,bahasa indonesia;
ie,ile,interlingue; ig,ibo,igbo; ii,iii,sichuan yi; ik,ipk,inupiaq; io,ido;
is,isl,ice,icelandic,íslenska; it,ita,italian,italiano; iu,iku,inuktitut; ja,jpn,japanese,日本語;
jv,jav,javanese; ka,kat,geo,georgian; kg,kon,kongo; ki,kik,kikuyu; kj,kua,kuanyama;
kk,kaz,kazakh; kl,kal,kalaallisut,greenlandic; km,khm,khmer; kn,kan,kannada; ko,kor,korean,한국어;
kr,kau,kanuri; ks,kas,kashmiri; ku,kur,kurdish; kv,kom,komi; kw,cor,cornish;
ky,kir,kirghiz,kyrgyz; la,lat,latin; lb,ltz,luxembourgish,letzeburgesch; lg,lug,ganda;
li,lim,limburgan; ln,lin,lingala; lo,lao; lt,lit,lithuanian,lietuvių; lu,lub,luba-katanga;
lv,lav,latvian,latviešu; mg,mlg,malagasy; mh,mah,marshallese; mi,mri,mao,maori;
mk,mkd,mac,macedonian; ml,mal,malayalam; mn,mon,mongolian; mr,mar,marathi;
ms,msa,may,malay,bahasa melayu; mt,mlt,maltese; my,mya,bur,burmese; na,nau,nauru;
nb,nob,norwegian bokmål,bokmål,bokmal; nd,nde,north ndebele; ne,nep,nepali; ng,ndo,ndonga;
nl,nld,dut,dutch,nederlands,flemish; nn,nno,norwegian nynorsk,nynorsk; no,nor,norwegian,norsk;
nr,nbl,south ndebele; nv,nav,navajo; ny,nya,chichewa; oc,oci,occitan; oj,oji,ojibwa;
om,orm,oromo; or,ori,oriya,odia; os,oss,ossetian; pa,pan,panjabi,punjabi; pi,pli,pali;
pl,pol,polish,polski; ps,pus,pushto,pashto;
pt,por,portuguese,português,portugues,brazilian portuguese; qu,que,quechua;
rm,roh,romansh,romansch; rn,run,rundi; ro,ron,rum,romanian,română,romana,moldavian;
ru,rus,russian,русский; rw,kin,kinyarwanda; sa,san,sanskrit; sc,srd,sardinian; sd,snd,sindhi;
se,sme,northern sami,sami; sg,sag,sango; sh,hbs,serbo-croatian,serbocroatian;
si,sin,sinhala,sinhalese; sk,slk,slo,slovak,slovenčina; sl,slv,slovenian,slovenščina;
sm,smo,samoan; sn,sna,shona; so,som,somali; sq,sqi,alb,albanian,shqip;
sr,srp,serbian,српски,srpski,scc; ss,ssw,swati; st,sot,southern sotho,sotho; su,sun,sundanese;
sv,swe,swedish,svenska; sw,swa,swahili; ta,tam,tamil; te,tel,telugu; tg,tgk,tajik;
th,tha,thai,ไทย; ti,tir,tigrinya; tk,tuk,turkmen; tl,tgl,tagalog,filipino; tn,tsn,tswana;
to,ton,tonga; tr,tur,turkish,türkçe,turkce; ts,tso,tsonga; tt,tat,tatar; tw,twi;
ty,tah,tahitian; ug,uig,uighur,uyghur; uk,ukr,ukrainian,українська; ur,urd,urdu; uz,uzb,uzbek;
ve,ven,venda; vi,vie,vietnamese,tiếng việt; vo,vol,volapük; wa,wln,walloon; wo,wol,wolof;
xh,xho,xhosa; yi,yid,yiddish; yo,yor,yoruba; za,zha,zhuang;
zh,zho,chi,chinese,中文,汉语,漢語,mandarin,simplified chinese,traditional chinese; zu,zul,zulu
"""
