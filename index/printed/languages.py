"""What sources call the languages of papers → their codes in ISO 639."""

import re
import unicodedata
from functools import cache


def language_code(text: str) -> str:
    """Return the ISO 639-1 code of the first known language that a text names.

    It may name it by a code of ISO 639-1, 639-2 or 639-3, by a locale such as ``en-US``, or in
    English, German, French, Spanish or the language itself. A three-letter code of another language
    is returned as it is; else the result is empty, also for codes that stand for no language.
    """
    names = _names()
    for part in re.split(r"[;,/|&+]|\s+(?:and|und|et|y)\s+", text.strip()):
        name = _plain(part)
        if code := names.get(name):
            return code
        # The first word of "English (US)", and of locales such as en-US and de_AT.
        first = re.split(r"[\s(_.@-]", name, maxsplit=1)[0]
        if first != name and (code := names.get(first)):
            return code
        if _OTHER_CODE.fullmatch(first) and first not in _NO_LANGUAGE:
            return first
        for ending in _ENDINGS:  # what BibTeX's babel calls dialects: nswissgerman, USenglish
            if name.endswith(ending):
                return names[ending]
    return ""


def _plain(text: str) -> str:
    """Return a name in lower case, without accents and the word for language."""
    letters = unicodedata.normalize("NFKD", text.strip().casefold())
    plain = "".join(char for char in letters if not unicodedata.combining(char))
    return plain.removesuffix(" language").strip(" .[]()\"'")


@cache
def _names() -> dict[str, str]:
    """Return the code of each name and each code, as ``_plain`` gives them."""
    names: dict[str, str] = {}
    for line in _LANGUAGES.strip().splitlines():
        code, *rest = line.split()
        for name in (code, *rest):
            for spelling in name.replace("_", " ").split("|"):
                names.setdefault(_plain(spelling), code)
    return names


_OTHER_CODE = re.compile("[a-z]{3}")
_NO_LANGUAGE = frozenset("und mul zxx mis non nil nan unk xxx all any inc".split())
_ENDINGS = ("english", "german", "french", "portuguese", "spanish", "norwegian", "serbian")

# ISO 639: the two-letter code; three-letter codes, terminological before bibliographic ones, and
# those of the variety that most sources mean; then names in English, German, French, Spanish and
# the language itself.
_LANGUAGES = """
af afr Afrikaans
ak aka Akan
am amh Amharic Amharisch Amharique Amárico
ar ara|arb Arabic Arabisch Arabe Árabe العربية
as asm Assamese
az aze|azj Azerbaijani Aserbaidschanisch Azéri Azerbaiyano
be bel Belarusian Belorussian Weißrussisch Belarussisch Biélorusse Bielorruso Беларуская
bg bul Bulgarian Bulgarisch Bulgare Búlgaro Български
bn ben Bengali Bangla Bengalisch Bengalí
bo bod|tib Tibetan Tibetisch Tibétain Tibetano
br bre Breton Bretonisch Bretón
bs bos Bosnian Bosnisch Bosniaque Bosnio Bosanski
ca cat Catalan Katalanisch Catalán Català Valencian
cs ces|cze Czech Tschechisch Tchèque Checo Čeština Český
cy cym|wel Welsh Walisisch Gallois Galés Cymraeg
da dan Danish Dänisch Danois Danés Dansk
de deu|ger German Deutsch Allemand Alemán ngerman naustrian austrian swissgerman nswissgerman
el ell|gre Greek Modern_Greek Griechisch Grec Griego Ελληνικά
en eng English Englisch Anglais Inglés american british usenglish ukenglish canadian australian
eo epo Esperanto Espéranto
es spa Spanish Castilian Spanisch Espagnol Español Castellano
et est|ekk Estonian Estnisch Estonien Estonio Eesti
eu eus|baq Basque Baskisch Vasco Euskara Euskera
fa fas|per|pes Persian Farsi Persisch Persan Persa فارسی
fi fin Finnish Finnisch Finnois Finlandés Finés Suomi
fo fao Faroese Färöisch Féroïen Feroés
fr fra|fre French Französisch Français Francés francais frenchb acadian canadien
fy fry Frisian Western_Frisian Friesisch Frison Frisón
ga gle Irish Irisch Irlandais Irlandés Gaeilge
gd gla Scottish_Gaelic Gaelic
gl glg Galician Galicisch Galicien Gallego Galego
gu guj Gujarati
ha hau Hausa
he heb|iw Hebrew Hebräisch Hébreu Hebreo עברית
hi hin Hindi
hr hrv|scr Croatian Kroatisch Croate Croata Hrvatski
hu hun Hungarian Magyar Ungarisch Hongrois Húngaro
hy hye|arm Armenian Armenisch Arménien Armenio
ia ina Interlingua
id ind Indonesian Bahasa_Indonesia Indonesisch Indonésien Indonesio bahasa
ig ibo Igbo
is isl|ice Icelandic Isländisch Islandais Islandés Íslenska
it ita Italian Italienisch Italien Italiano
ja jpn Japanese Japanisch Japonais Japonés 日本語
jv jav Javanese
ka kat|geo Georgian Georgisch Géorgien Georgiano ქართული
kk kaz Kazakh Kasachisch Kazajo Қазақ
km khm Khmer
kn kan Kannada
ko kor Korean Koreanisch Coréen Coreano 한국어
ku kur Kurdish Kurdisch Kurde Kurdo
ky kir Kyrgyz Kirghiz Kirgisisch Kirguís
la lat Latin Latein Latín
lb ltz Luxembourgish Luxemburgisch Luxembourgeois
lo lao Lao Laotian
lt lit Lithuanian Litauisch Lituanien Lituano Lietuvių
lv lav|lvs Latvian Lettisch Letton Letón Latviešu
mg mlg Malagasy
mi mri|mao Maori Māori
mk mkd|mac Macedonian Mazedonisch Macédonien Macedonio Македонски
ml mal Malayalam
mn mon Mongolian Mongolisch Mongol
mr mar Marathi
ms msa|may|zsm Malay Malaiisch Malais Malayo Bahasa_Melayu
mt mlt Maltese Maltesisch Maltais Maltés
my mya|bur Burmese Birmanisch Birman Birmano
nb nob Norwegian_Bokmål Bokmål Bokmal
ne nep|npi Nepali
nl nld|dut Dutch Flemish Niederländisch Néerlandais Neerlandés Holandés Nederlands Vlaams
nn nno Norwegian_Nynorsk Nynorsk
no nor Norwegian Norwegisch Norvégien Noruego Norsk
oc oci Occitan Okzitanisch Occitano
or ori|ory Oriya Odia
pa pan Punjabi Panjabi
pl pol Polish Polnisch Polonais Polaco Polski
ps pus Pashto
pt por Portuguese Portugiesisch Portugais Portugués Português portuges brazil brazilian
qu que Quechua
rm roh Romansh Rätoromanisch
ro ron|rum|mol|mo Romanian Moldavian Rumänisch Roumain Rumano Română
ru rus Russian Russisch Russe Ruso Русский
rw kin Kinyarwanda
sa san Sanskrit Sánscrito
sd snd Sindhi
sh hbs Serbo-Croatian Serbokroatisch
si sin Sinhala Sinhalese
sk slk|slo Slovak Slowakisch Slovaque Eslovaco Slovenčina
sl slv Slovenian Slovene Slowenisch Slovène Esloveno Slovenščina
so som Somali
sq sqi|alb Albanian Albanisch Albanais Albanés Shqip
sr srp|scc Serbian Serbisch Serbe Serbio Српски Srpski
su sun Sundanese
sv swe Swedish Schwedisch Suédois Sueco Svenska
sw swa|swh Swahili Suaheli
ta tam Tamil
te tel Telugu
tg tgk Tajik
th tha Thai Thailändisch Thaï Tailandés
tk tuk Turkmen
tl tgl|fil Tagalog Filipino
tr tur Turkish Türkisch Turc Turco Türkçe
tt tat Tatar
ug uig Uyghur Uighur
uk ukr Ukrainian Ukrainisch Ukrainien Ucraniano Українська
ur urd Urdu
uz uzb Uzbek Usbekisch Ouzbek Uzbeko
vi vie Vietnamese Vietnamesisch Vietnamien Vietnamita Tiếng_Việt
xh xho Xhosa
yi yid Yiddish Jiddisch
yo yor Yoruba
zh zho|chi|cmn Chinese Mandarin Chinesisch Chinois Chino 中文 汉语 漢語
zu zul Zulu
"""
