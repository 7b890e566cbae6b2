/**
 * Words that many people make their whole password of, written down by hand: English and Russian favourites,
 * names, clubs, brands, keyboard habits. password-blocklist.ts knows their endings, disguises and layouts,
 * so only the bare word stands here, in small letters.
 */
const ENGLISH = `
password passwort passw0rd passwd pass word login logon admin administrator root user guest test testing tester demo
default secret private access letmein welcome changeme change hello hallo master super superman superstar supervisor
manager system server service support office company business internet network computer laptop windows microsoft google
apple iphone android samsung nokia sony playstation nintendo pokemon pikachu minecraft warcraft starcraft counter strike
diablo zelda mario sonic naruto goku dragonball matrix hacker hackers trustno1 whatever nothing something anything
everything forever together please thankyou freedom liberty america american canada london england france germany russia
ukraine texas newyork chicago boston california florida dallas yankees lakers cowboys packers steelers raiders eagles
broncos redskins patriots chelsea liverpool arsenal barcelona juventus manchester united realmadrid milan bayern football
baseball basketball soccer hockey tennis golf golfer player players racing nascar ferrari porsche mercedes mustang
corvette camaro chevrolet chevy toyota honda yamaha suzuki kawasaki harley ducati jaguar hummer subaru mazda nissan
dragon monkey tiger tigger panther lion wolf eagle falcon shark dolphin dolphins penguin panda bear teddy teddybear
puppy kitten kitty pussycat doggie horse horses pony rabbit bunny turtle snake spider spiderman batman ironman wolverine
butterfly flower flowers rose sunflower daisy lily jasmine orchid cherry banana orange lemon apples strawberry peaches
chocolate cookie cookies candy sugar honey sweet sweety sweetheart sweetie coffee cheese pizza chicken peanut pepper
butter ginger cinnamon vanilla pumpkin sunshine rainbow summer winter spring autumn snow snowball snowman january
february march april june july august september october november december monday tuesday wednesday thursday friday
saturday sunday morning midnight moonlight starlight starwars startrek skywalker jedi yoda vader gandalf merlin
excalibur phoenix unicorn angel angels devil demon heaven jesus christ jesus1 god blessed blessing faith hope prince
princess queen king kingdom knight warrior soldier marine army navy sniper killer assassin ninja samurai shadow ghost
phantom mystery magic magical wizard crystal diamond silver golden gold platinum purple yellow green blue black white
pink scarlet violet red love lovely lover loveme loveyou iloveyou iloveu ilove mylove truelove iloveme babygirl babyboy
baby babe sexy sexygirl beautiful beauty gorgeous cutie pretty handsome girl girls boys woman family mother father
mommy daddy mama papa sister brother brothers friend friends bestfriend school student teacher college university
music guitar piano drummer metallica nirvana slipknot eminem beatles greenday blink182 linkinpark rockstar rocknroll
elvis madonna money million dollar dollars cash rich lucky lucky7 winner success power powerful happy happiness smile
smiley crazy stupid idiot asshole bitch fuckyou fuckme fuck fuckoff shit bullshit bastard pussy horny hardcore
playboy blowjob cocacola pepsi budweiser corona whiskey vodka marlboro mickey minnie mouse donald disney garfield snoopy
scooby barney bubbles tinkerbell cinderella barbie pirate pirates captain thunder lightning storm hurricane tornado
fire water ocean island beach surfer sailing fishing hunter hunting camping mountain forest river thunderbird firebird
bluebird blackbird redwings redsox bluesky galaxy planet earth universe space rocket orion apollo zeus athena hercules
spartan spartacus gladiator titanic casino poker vegas jackpot maverick cowboy ranger rangers hunter1 scorpion scorpio
gemini taurus aquarius pisces capricorn virgo libra sagittarius legend champion champions number1 first secure security
database oracle mysql postgres redhat linux ubuntu cisco letmein1 opensesame sesame abcdef abc abcd alpha bravo charlie
delta omega zxcvbn asdf asdfgh qwer qwert qwerty qazwsx zaq1 xsw2 azerty portone facebook instagram twitter youtube
myspace linkedin yahoo hotmail gmail telegram whatsapp spotify netflix amazon bitcoin crypto covid corona2020 trump
fortnite roblox gaming gamer games xbox playstation2 logitech creative motorola ericsson blackberry snickers twix
brandnew undertaker rebecca stonecold rush2112 thx1138 ncc1701 bond007 jamesbond startfinding passphrase qwerty1
newpassword mypassword nopassword temppass temp temporary nopass passpass password1 letmeinnow iamgod iloveyou2 myself
mynameis birthday christmas holiday vacation thanksgiving halloween easter valentine wedding married
`;

const NAMES = `
alexander alexandra alexandre alexis alex alexey aleksey aleksandr andrew andrea andrey angela angelina angelica anna
anthony antonio anton anastasia arthur ashley austin barbara benjamin brandon brittany cameron carlos carmen caroline
catherine charles charlotte cheyenne chris christian christina christine christopher claudia connor cristina crystal
daniel daniela danielle david dakota dennis denis derek diana dmitry dmitriy dominic edward elena elizabeth emily emma eric
eugene evgeny felipe fernando francis francisco frank frankie gabriel gabriela galina george gerald gregory heather
igor irina isabella ivan jackie jackson jacob james jason jasper javier jeffrey jennifer jeremy jessica jessie john
johnny johnson jonathan jordan jordan23 joseph joshua juan julia julian justin karen karina katherine kathryn kelly
kenneth kevin kimberly kirill konstantin kristina ksenia larisa laura lauren leonardo leslie liliana ludmila luis
madison maksim margaret maria marina marie mario marissa martha martin matthew maxim maxime melanie melissa michael
michel michelle miguel mikhail monica morgan nadezhda natalia natalie natasha nathan nicholas nicole nikita nikolay oksana
oleg olga oliver olivia pamela patricia patrick paul pavel peter philip phillip polina rachel ramona raymond rebecca
ricardo richard robert roberto roman ronald ronaldo russell samantha samuel sandra sarah savannah scott sebastian sergey
sergei shannon sharon sophia sophie stanislav stephanie stephen steven summer susan svetlana sydney sylvia tamara
tatiana tatyana taylor teresa theresa thomas timothy travis tyler valentina valeria vanessa veronica victor victoria
viktor viktoria vincent vitaliy vladimir vladislav walter wendy wilson william yulia yuliya zachary
`;

const RUSSIAN = `
пароль мойпароль новыйпароль парольпароль логин админ администратор пользователь гость тест проверка доступ вход секрет
ключ привет здравствуй добрыйдень люблю любовь любимая любимый люблютебя ятебялюблю тебялюблю солнце солнышко
зайка зайчик заяц котенок котик кошка киска собака рыбка малыш малышка лапочка ласточка принцесса королева король
красавица красотка ангел ангелочек демон дьявол дракон тигр волк медведь орел сокол пантера лошадь
мама папа мамочка мамуля папамама мамапапа сестра брат семья дети сынок дочка бабушка дедушка жизнь счастье удача
победа победитель чемпион спартак динамо зенит локомотив торпедо авангард футбол хоккей россия русский москва
московский питер петербург ленинград сибирь урал самара саратов казань омск томск новосибирск екатеринбург краснодар
ростов воронеж волгоград владивосток иркутск украина киев беларусь минск казахстан кавказ крым севастополь
весна лето осень зима январь февраль март апрель июнь июль август сентябрь октябрь ноябрь декабрь понедельник вторник
среда четверг пятница суббота воскресенье утро вечер ночь звезда звездочка луна небо море океан река ветер гроза
молния снежинка снег дождь радуга цветок ромашка роза сирень береза вишня клубника малина апельсин мандарин лимон
банан шоколад конфета печенье пельмени колбаса картошка водка пиво компьютер интернет клавиатура ноутбук телефон
монитор программа программист работа начальник директор бухгалтер бухгалтерия менеджер офис фирма компания завод
деньги доллар рубль миллион миллионер золото серебро бриллиант алмаз свобода дружба мир надежда вера правда
школа учитель студент институт университет музыка гитара машина мерседес жигули ниваниват лада тойота танкист танки
десант десантник армия солдат офицер генерал капитан граница пограничник спецназ флот моряк снайпер убийца бандит
бродяга хакер мастер маэстро волшебник колдун ведьма магия тайна призрак тень матрица терминатор чебурашка буратино
карлсон незнайка винипух колобок крокодил черепаха бегемот бабочка стрекоза дельфин акула скорпион близнецы
водолей стрелец козерог телец весы рыбы дева лев овен рак наруто аниме сталкер ворлдофтанкс
блядь сука хуй пизда жопа дурак дура идиот придурок нехуй похуй нахуй отвали пошелнахуй
александр александра алексей алена алена алина алиса алла анастасия анатолий андрей анжела анна антон артем артур
богдан борис вадим валентин валентина валера валерий валерия василий вера вероника виктор виктория виталий влад
владимир владислав галина георгий глеб григорий даниил данила дарья даша денис диана дима дмитрий евгений евгения
егор екатерина елена елизавета жанна зоя иван игорь илья инна ирина катя катюша кирилл константин ксения кристина
лариса леонид лера леша лиза любовь людмила людмила макс максим марина мария маша машенька миша михаил надежда
настя настенька наталья наташа никита николай оксана олег ольга оля павел паша петр полина рамиль ренат роман
руслан саша света светлана семен сергей сережа слава софия софья станислав степан таня тамара татьяна тимур ульяна
федор эдуард эльвира юлия юля юра юрий яна ярослав ярославна иванов петров сидоров смирнов кузнецов попов васильев
`;

/** Passwords known as a whole, with digits or signs inside that no rule explains. */
const WHOLE = `
102030 10203040 1020304050 100200300 11223344 12344321 12345qwert 123698745 123654789 147852369 159357456 1029384756
13579246810 135792468 24681012 31415926 314159265 27182818 5201314 1314520 3141592654 19283746 0987654321 01234567
741852963 789456123 963852741 852456 456852 1q2w3e 1qaz2wsx3edc zaq12wsx xsw21qaz q1w2e3r4 qwe123rty a1b2c3d4 a1s2d3f4
aa123456 aaa111 abc123 abc12345 abcd1234 qq123456 zz123456 p0o9i8u7 poiuytrewq mnbvcxz lkjhgfdsa 7777777 88888888
blink182 trustno1 rush2112 thx1138 ncc1701d ncc1701e ou812345 bond0007 apollo13 area51 agent007 fuck_inside
12qwaszx wsxedcrf qwaszx12 qweasdzxc123 zxcasdqwe zxcasdqwe123 йцуфывячс йцукен123 1й2ц3у4к йфяцычувс
`;

/**
 * What the words above leave over of the 3,000 most frequent passwords of 8 and more characters in a public
 * ranking of leaked passwords (that of @zxcvbn-ts/language-common 4.1.3, MIT), as OWASP ASVS 5.0, 6.2.4 asks.
 */
const FREQUENT = `
01011900 01011910 11235813 1123581321 1232323q 12qw34er 134679852 15426378 18436572 1passwor 1x2zkg8w
23skidoo 45m2do5bs 4815162342 50spanks 5wr2i7h8 73501505 7ugd5hip2j 8j4ye3uz 9293709b13 aardvark aberdeen
abnormal abrakadabra absolute absolutely achilles acidburn adgjmptw adrenalin adrienne airborne airforce
airplane albatros alcatraz alejandr alejandro alessandro alexande alexandr alleycat alliance allison1
almighty amateurs ambrosia amethyst amsterda amsterdam anaconda anastasi andersen anderson andromed
andromeda andyod22 anhyeuem annabell antelope aolsucks argentin argentina arkansas armagedon armstron
ashleigh aspirine atlantic atlantis attitude auckland australi australia avalanch aviation awesome1 babyblue
babycake babydoll babyface babylon5 babylove backdoor balloons baltimor baracuda barbados barcelon barefoot
baritone barselona basketba bcfields bearcats beatrice beautifu beefcake beethove benessere bergkamp
berkeley bettyboo bigballs bigblock bigboobs bigbooty bigdicks bigpoppa bigtruck billabon billybob billyboy
binladen bismarck bismillah blackjack blizzard blowfish blueball bluebell blueeyes bluefish bluejays
bluemoon bluesman bobafett bobdylan bollocks bonehead bookworm bordeaux bradford bradley1 brewster brighton
brigitte brittney broadway brooklyn browning brucelee bubba123 buckeyes buckshot budapest buddy123 buddyboy
budlight budweise buffalo1 building bulldog1 bulldogs bullfrog bullseye bunghole buttfuck butthead butthole
cabernet cadillac caliente californ caligula calimero callaway callisto cambiami cambridg cameltoe campbell
canadian cannabis cannibal capetown capitals capricor capslock cardinal cardinals carebear carlitos carnival
carolina carpedie carpente cartman1 cartoons casanova cashmone cashmoney cassandr castillo catherin cavalier
cbr900rr cerberus cfitymrf chainsaw challeng chambers chandler chargers charisma charlene charlott charlton
checkers chemical cherokee cherries cheshire chester1 chestnut chevelle chevrole children chipmunk chiquita
chocolat chrysler chuckles citation clarence clarinet clarissa classics claymore clemente cleopatr cleopatra
clevelan cleveland clifford clippers clitoris cocksuck cocksucker coldbeer coldplay colombia colonial
colorado coltrane columbia columbus comanche commande commando complete concorde concrete confused conquest
constant consumer contract cooldude coolness corleone cornwall costello cosworth courtney coventry crackers
crawford creampie creation creature cricket1 criminal cristian cromwell crusader cucumber customer cygnusx1
dannyboy darkange darkangel darklord darkness darkside darkstar daughter daylight deadhead deadpool death666
deepthroat deeznuts deeznutz defender deftones delaware delpiero designer destiny1 dfcbkbcf dickhead
dietcoke digital1 dilbert1 dilligaf dingdong dinosaur director dirtbike discover doberman dodgeram dodgers1
doghouse dogpound dolemite dominion dominiqu dontknow doomsday doughboy download downtown dragster dreamcas
drowssap dutchess dynamite earnhard earthlink eastside eastwood eclipse1 edmonton eggplant einstein elcamino
eldorado electric electron elements eleonora elephant elisabet elizabet emmanuel enforcer engineer enternow
enterpri enterprise escalade espresso estrella eternity evangelion everlast evolutio evolution excalibu
explorer fairlane fandango fantasia fantomas farscape fastball favorite6 fearless feelgood fellatio ferguson
festival fidelity fireball fireblad firefigh firewall fishbone fishhead fkbyjxrf flamengo flamingo fletcher
flexible flipflop florence flounder fordf150 forgetit formula1 forsaken fortress fountain foxylady francine
francois freckles frederic frederik fredrick freebird freefall freepass freeporn freeuser front242 frontier
fuckface fuckhead fuckinside fuckthis fullmoon function funstuff fussball futurama gamecock gamecube
gameover gangbang gangster gannibal gargoyle gateway1 gateway2 gatorade gbhfvblf genesis1 geoffrey geronimo
gertrude gesperrt ghhh47hj7649 ghjcnjgfhjkm ghjcnjnfr ghostrider gilligan giovanna giovanni giuseppe
gladiato godfathe godsmack godzilla gogators goldberg goldfing goldfish goldstar goldwing golfball gonzales
gonzalez good123654 goodgirl goodluck goodtime gordon24 gotohell graphics grateful greatone gretchen
gsxr1000 guardian guillaum guinness hairball halflife hamilton handball handyman hannibal hardball hardcock
harddick hardrock hardware harrison harrypotter hastings hattrick hawaii50 hawaiian hawkeyes hayabusa
hedgehog heineken heinrich hellfire hellokitty hellsing hellyeah herewego heritage hetfield highbury
highheel highland highlander hollywoo hollywood holyshit homemade homework hongkong honolulu hooligan
hoosiers hopeless hotstuff hounddog houston1 htubcnhfwbz hurrican hyperion icecream icehouse idontkno
idontknow ihateyou ilikepie illinois illusion ilovepussy immortal imperial infantry infiniti infinity
insanity insomnia inspiron intercourse intrepid intruder inuyasha irishman ironmaiden isabelle istanbul
istheman iverson3 jackass1 japanese jayhawks jeanette jeepster jefferso jefferson jellybea jellybean
jeremiah jermaine jiggaman johannes johncena johndeer johngalt jonathon juliette junkmail just4fun justdoit
justice1 kakashka kamasutra kamikaze kangaroo karolina katarina katerina katherin kathleen kayleigh kcj9wx5n
kentucky kenworth keyboard keystone killbill kingfish kingkong kingston kirkland kissmyass kleopatra
klondike knickers knockers knuckles kordell1 kristian kristine labrador lacrosse laetitia lakeside lakewood
lancelot lawrence leavemealone leedsutd left4dead lenochka lesbians letsdoit lfitymrf lifehack lifetime
lighting lightnin limewire lineage2 lionking lipstick liverpoo lockdown lol12345 lollipop lollypop lonesome
lonestar lonewolf longdong longhair longhorn longjohn lorraine loveless lovelife lowrider madeline magazine
magellan magnolia majestic makaveli malaysia mallorca mamacita manchest mandingo mandrake maradona marathon
marcello marcius2 margarit margarita marijuan marijuana marino13 mariposa marjorie marriage marseill
marseille marshall maryjane maryland masamune maserati masterbate matthias maxwell1 mazafaka mckenzie
meatball meathead meatloaf mechanic medicine megadeth megapass megatron mephisto meredith meridian metallic
michigan microlab microphone microsof military millenium millwall minimoni ministry mischief misfit99
mississippi missouri mistress mitchell mobydick modelsne mohammed mollydog mongoose monopoly monster1
monsters montana1 montecar montgom240 montreal montrose moonbeam moonligh moonshin morpheus morrison
morrowind mortgage mortimer motherfucker motherlode motocros mudvayne muhammad mulligan multiplelo munchkin
mushroom myxworld napoleon nathalie national nautilus navigator navyseal ncc74656 nebraska netscape
nevermind nevermore newcastl newcastle newpass6 nightmar nightmare nightwish nineinch nokia6233 nokia6300
noname123 normandy northern nostromo notebook notredam nounours nuttertools nwo4life nygiants oblivion
obsidian offshore oklahoma opendoor operator optimist original overkill overlord p0015123 paintbal paintball
painting pakistan pallmall palmtree panasoni panasonic pancakes pantyhos papillon paradigm paradise paramedi
paranoid pasadena passport passwor1 patches1 pathetic pathfind patience pavement pavilion pearljam peekaboo
penelope penetration pentagon penthous perfect1 personal pharmacy phillies pictures pimpdadd pineappl
pineapple pinetree pingpong pinkfloy pinkfloyd pinnacle pipeline piramida plastics platypus playball
playmate playstat playtime pleasure plymouth polniypizdec0211 poohbear pool6123 poontang popcorn1 porkchop
pornking pornstar portland portugal poseidon positive preacher precious predator presario presiden president
pressure pringles printing progress property prospect pufunga7782 punisher punkrock question r2d2c3po
radiohea radiohead ragnarok railroad rainyday raistlin rammstein rasputin rastaman reckless recovery
redalert redbaron reddwarf reginald register remember remingto renegade republic research resident revoluti
revolution revolver reynolds rfnthbyf rfvfcenhf rhiannon rhtdtlrj riccardo richmond riffraff rightnow
rjirfrgbde roadkill roadking roadrunn roadrunner roadster robinson robotech robotics rochelle rockford
rockhard rocknrol rockwell rolltide rootbeer rosemary runescape rustydog sabrina1 sailboat salamander
salasana salvador sammy123 sandiego sandrine sandwich santiago sapphire saratoga satan666 sausages scarface
scheisse scooter1 scotland scrabble scrapper screamer seahawks sebastia segblue2 seinfeld seminole semperfi
senators sentinel sephiroth septembe serenity sergbest sergeant sersolution sexybabe sexybitch sexylady
shamrock shaney14 shanghai sheepdog shepherd sheridan sherlock sherwood shitface shithead shopping showtime
sidekick sigmachi simpsons sinclair singapor sinister sithlord skateboard skinhead skipper1 skittles
skywalke slamdunk slapshot slimshad slimshady slippery slowhand smackdow smackdown smashing smeghead
smirnoff smoothie sneakers sniffing snoopdog snowbird snowboar snowboard snowflak snuggles socrates softball
software sojdlg123aljg solitude solution somerset somethin sonyericsson sonyfuck soso123aljg soulmate
southern southpar southpark southpaw spanking sparkles speakers special1 specialk spectrum speedway spencer1
spitfire splinter spongebo spongebob sporting sprinter squirrel srinivas stafford stallion standard stanford
stanley1 starbuck starcraf stardust starfire starfish stargate starligh starship stefanie stephane stephani
sterling stickman stigmata stingray stocking stockton stonecol straight stratfor strawber streaming strength
stripper suburban suckdick suckmydick sullivan sundance sunflowe sunlight sunnyday supernova survivor
sweetness swimming swingers swinging swordfis swordfish sylveste syncmaster syracuse tacobell taekwondo
talisman tampabay tarheels tazmania technics telephon telephone terminal terminat terrapin testpass thailand
thanatos thedoors theforce thegreat theodore therock1 thirteen thisisit thompson thrasher threesom thuglife
thumper1 tiberius ticklish tiffany1 tinkerbe titanium titleist tokiohotel tomahawk tommyboy tomorrow
toonarmy toriamos tottenha tottenham touching training transfer translator traveler treasure treefrog
triangle trinidad trinitro trinity1 trombone trooper1 tropical trouble1 trucking tunafish turkey50 twilight
ultimate umbrella underdog underground undertak universa universal username usuckballz1 vagabond valencia
valhalla valkyrie vampire1 vampires vancouve vanguard vanhalen vasilisa vauxhall velocity vendetta verbatim
vfhufhbnf vfntvfnbrf viewsoni viewsonic vikings1 vipergts virginia virginie vkontakte volkswag volleyba
voyager1 vqsablpzla vsjasnel12 wanderer warhamme warhammer washburn washingt washington webhompas webmaste
westside westwood wg8e3wjf whiplash whiskers whistler whocares wildbill wildcard wildcats wildfire wildwood
windmill windsurf winston1 wireless wishbone wolfgang wolfpack wolverin wonderboy wonderful woodland
woodstoc wordpass wp2003wp wrangler wrestler wrestlin wrestling wrinkle1 yeahbaby yogibear yosemite zanzibar
zeppelin zerocool zildjian
`;

const split = (text: string): string[] => text.trim().split(/\s+/);

export const COMMON_WORDS: readonly string[] = [
  ...split(ENGLISH),
  ...split(NAMES),
  ...split(RUSSIAN),
  ...split(FREQUENT),
];
export const COMMON_PASSWORDS: readonly string[] = split(WHOLE);
