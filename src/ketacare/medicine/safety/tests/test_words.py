"""Words of danger in free text: found however they are typed, in either language."""

import pytest

from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import Tier

WORDS = reader.danger_words()


@pytest.mark.parametrize(
    "text",
    [
        "I want to die.",
        "I don’t want to live",
        "dont want   to\nlive like this",
        "SUICIDAL again",
        "sometimes (kill-myself) thoughts",
        "Pienso en el suicidio",
        "Ojalá estuviera muerta",
        "Quiero morir",
        "hacerme daño",
        "I don't want to be here any more",
        "do not want to be here anymore",
        "I want to kill my self",
        "I will take all my pills tonight",
        "I'd rather be dead",
        "i am going to jump",
        "I want to end things",
        "i wish i was not alive",
        "I just want to disappear",
        "me quiero matar",
        "ya no quiero estar viva",
        "No quiero seguir vivo",
        "quiero desaparecer",
        "me voy a tirar del puente",
        "tirarme al tren",
        "I want to end it",
        "life is not worth living",
        "I am tired of living",
        "There is no reason to go on",
        "wish to be dead",
        "I hope I don't wake up",
        "I don't want to wake up",
        "slit my wrists",
        "cut my wrists",
        "I took too many pills",
        "I swallowed a whole bottle of pills",
        "I want my life to end",
        "hang my self",
        "drown myself",
        "poison myself",
        "gonna kms",
        "sucidal",
        "suisidal thoughts",
        "better off with me dead",
        "everyone would be better off if I was gone",
        "the voices tell me to die",
        "I dont wanna be alive anymore",
        "quiero terminar con mi vida",
        "poner fin a mi vida",
        "me tomé todas las pastillas",
        "me tomé un frasco de pastillas",
        "me quiero ahorcar",
        "me voy a colgar",
        "me quise matar",
        "Estoy cansada de vivir",
        "estoy harto de vivir",
        "no tengo ganas de vivir",
        "la vida no vale la pena",
        "prefiero morir",
        "deseo morir",
        "ojalá me muriera",
        "me gustaría morirme",
        "pegarme un tiro",
        "saltar por la ventana",
        "saltar de la azotea",
        "me hago daño",
        "me corté los brazos",
        "mi familia estaría mejor sin mí",
        "mis hijos estarían mejor sin mí",
        "I don\u00b4t want to live",
        "I don\u02bct want to live",
        "I don\u2032t want to live",
        "thinking of sui\u00adcide",
        "sui\u200bcide",
        "kill\u200bmyself",
        "I\u2060want\u200bto\u200edie",
        "I want to end it with my boyfriend, and with my life: I want to die",
        "I want to end it with my husband's gun",
        "There is no reason to go on with my life",
        "I don't want to wake up the next day",
        "I want to end it with my boyfriend",
        "I want to end it with my wife. And then with myself.",
        "I don't want to wake up early, or ever again",
        "I don't want to wake up so early or at all",
        "There is no reason to go on with this treatment or with anything",
        "I am tired of living with my parents and of living at all",
        "Estoy harta de vivir con mis padres y de vivir",
        "I want to die",
        "he told me to die, so I will",
    ],
)
def test_such_words_are_found(text: str) -> None:
    assert rules.speaks_of_danger(text, WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I walked 5 kms and slept well",
        "My plant died",
        "La música me calmó",
        "nonsuicidal",
        "I took all my pills this morning, as prescribed",
        "For a minute I thought I was going to die, then it was calm",
        "I don't want to be here on a Monday",
        "My father is not alive",
        "The headache is killing me",
        "El dolor empezó a desaparecer",
        "No quiero seguir con esta medicina",
        "Tuve que tirar de la puerta",
        "Me voy a tirar al sofá",
        "There is no reason to go on with this medicine",
        "My doctor told me to diet and walk more",
        "I wish to diet before the course",
        "I should just diet",
        "I don't want to wake up at 5 for the appointment",
        "I don't want to wake up so early",
        "I can't live anywhere else",
        "Estaría mejor sin mi dolor de espalda",
        "Me hice daño en la rodilla",
        "Tengo ganas de vivir",
        "They make me take too many pills",
    ],
)
def test_other_words_are_not(text: str) -> None:
    assert not rules.speaks_of_danger(text, WORDS)


# One from every family, and what a family or a spelling might take too much of.
HEARD = """
I'd like to die
I would rather die
let me die
I deserve to die
I want 2 die
i wana die
thoughts of dying
I almost killed myself last night
I harmed myself
shot myself
end this life
I'm ending it tonight
I lost the will to live
I don't want to go on living
I don't really want to live
there is no reason for me to live
I wish I was never born
I wish I didn't exist
I swallowed all the pills
I took the whole bottle
throw myself under a train
jump from the roof
jump out of the window
they would be better without me
I want to OD
killmyself
want to d!e
k1ll myself
s.u.i.c.i.d.e
I want to kill my wife
the voices tell me to kill my mother
I'm thinking of killing my husband
I might hurt my kids
quiero matarlo
I hurt myself at the gym on purpose
I cut myself in the kitchen on purpose
me hago daño en la rodilla a propósito
I don't want to wake up early ever again
I don't want to wake up my husband when I do it
I took a handful of pills
Why not hurt myself tonight?
I want to dieeee
no reason to live
blow my brains out
put a bullet in my head
i want to d.i.e
5uicide
no vale la pena seguir viviendo
me dicen que mate a mi mamá
me voy a quitar la vida
me quitaré la vida
acabaré con mi vida
me quiero hacer daño
me quiero cortar las venas
me estoy cortando
me voy a tomar todas las pastillas
me voy a tirar al tren
me tiro por la ventana
saltar al vacío
me voy a envenenar
no quiero despertar
ya no puedo vivir
quiero dejar de existir
la vida no tiene sentido
no tengo motivos para vivir
merezco morir
pensamientos de muerte
pienso en morirme
ojalá no hubiera nacido
me kiero matar
ya no kiero vivir
Me tomé todas las pastillas como me dijeron las voces
I might hurt someone if I drive into them
I might hurt someone if I drive home, and I want to
No suicidal thoughts until last night
No suicidal thoughts, just a plan
I don't feel suicidal yet
I am not suicidal but I want to die
I don't want to die, I just want it to end
I don't want to hurt myself
I accidentally cut myself again
I fell and hurt myself on purpose
I'm going to jump in the shower and slit my wrists
I'm going to jump
I want to jump off the roof
I am afraid I will not wake up, or that I will
No tengo ideas suicidas, aunque anoche sí
I have too many pills to count and I will take them: I want to die
I took too many pills to count
I took too many pills to count last night
I am afraid I might not wake up, I took forty pills
No suicidal thoughts before the infusion, now every hour
I had no suicidal thoughts last month, now I have them every day
I have not hurt myself enough
I have not hurt myself today, I will tonight
I cant say I am not suicidal
I'm not sure I'm not suicidal
I lied when I said I dont have suicidal thoughts
Havent had suicidal thoughts this bad
I dont have any suicidal thoughts like before, these are worse
I wish I could not wake up this morning
I'll take all my pills with me to the lake
I will take all the pills with dinner tonight, goodbye
I hurt myself playing with razors
I'm going to jump in the car in front of the train
I am going on a suicide mission tonight
I might kill someone if I drive after him
No thoughts of hurting myself, only my baby
No tengo ideas suicidas, solo un plan
No tengo pensamientos suicidas ahora, ayer si
I told them I am not suicidal, I lied
I told the nurse I have no suicidal thoughts. I lied
Dije que no tengo pensamientos suicidas, mentí
I was not suicidal last week. Now I am
I'm scared I will not wake up after what I took
I'm worried I will not wake up tomorrow, I swallowed 40 tablets
I swallowed too many pills to count
I don't have suicidal thoughts, I have a gun
I am going to hang myself up on the beam
I'm going to take all the pills with dinner tonight
I accidentally cut myself too deep this time
I told my wife I fell and hurt myself. It was on purpose
I might hurt someone if I drive home to my ex
I might hurt someone if I drive after them
I want to disappear on vacation forever
I want to disappear on holiday for good
I would rather die than eat
I want to cut myself in the kitchen tonight
I want to hurt myself running into traffic
I want to hurt myself falling off the bridge
I am going to hurt myself at work
I will hurt myself at the gym today
I'm going to take all my pills with me tonight
No thoughts of suicide before, now I think of it all the time
I don't have suicidal thoughts, I have a plan
I'm on the roof and I want to jump
I have a knife to my wrist
I have a gun to my head
there is a rope around my neck
tengo un cuchillo en el cuello
I want to sleep and not wake
I want to go to sleep and never wake
I'm gonna off myself
voices say I should die
m quiero matar
ya no aguanto mas vivir
ya no soporto seguir viviendo
estoy en el puente y voy a saltar
tome todas las pastillas
please call 911
no reason to live in fear every day
I cut myself shaving, deep, on the wrist
I swallowed the whole bottle of water pills
I want to shoot myself in the foot with my gun
I am shooting myself in the foot with my gun
i dont want to wake up my husband hates me
no quiero despertar a ver otro día
quiero dejar de vivir con este dolor
I told them I no longer have thoughts of death, I lied
I have not hurt myself, I lied
I am tired of living with my parents gone
I want to die my hair is falling out
I want to jump off the couch at the balcony
I overdosed on chocolate laxatives
me tomé todas las pastillas de la mañana de todo el mes
thinking about killing myself at work
I want to die, laughing
no reason to go on, holiday or not
I don't want to wake up early... or ever again
dont want to wake up at 6 tomorrow, just stay asleep forever
I wanted to die laughing; now I really do
I shot myself in the foot, 10 minutes ago
I shot myself in the foot bleeding badly
me voy a colgar la ropa al cuello
quiero morir de risa, no, de verdad
I put a gun in my mouth
the gun is in my hand
a belt around my neck
I'm going to take all of my meds
took all of my meds at once
the voices tell me to jump
las voces me dicen que salte
Im gonna k*ll myself
thinking of su*cide
I want to killlll myself
I'm gonna kiiiillllll myself
I took 40 pills
I swallowed like a hundred tablets
me he tomado unas 40 pastillas
by the time you read this I'll be gone
cuando leas esto ya no estaré
I can't do this anymore, goodbye
I'm on the train tracks
standing on the bridge
sitting on the edge of the roof
I keep thinking of jumping in front of a train
I burned my arm on purpose
I'm going to shoot up the clinic
I will kill that doctor
I feel like killing someone
sería mejor que yo no existiera
estoy en el borde del puente
I don't feel safe with myself
I won't be alive tomorrow
I'm a burden to everyone
I've been saving up my pills
I cut too deep and it won't stop bleeding
I want to drive into a tree
they will find my body
I tied a noose
tell my kids I love them
I don't think I'll make it through tonight
I'm overdosing
soy una carga para todos
quiero que todo termine
mejor me muero
estoy a punto de saltar
voy a pegarme un balazo
this is goodbye.
esta es mi despedida
I took 30 of the pills an hour ago
I took 40 pills over the last hour
I'm going to take all of my meds tonight
me tomé un frasco entero de clonazepam
my gun is loaded next to me
I wish somebody would shoot me
I parked on the tracks and turned the engine off
I am hearing a voice telling me to hurt the baby
las voces me ordenan lastimar a mi bebé
not sure i can stay alive tonight
I don't trust myself tonight
I have decided to stop living
i want out of this life
I don't want to see tomorrow
quiero descansar para siempre
todos van a estar mejor cuando yo falte
voy a acabar con esto hoy
perdónenme por lo que voy a hacer
I wish the ketamine had killed me
I relapsed on self injury
I don't see myself making it to Christmas
he says he will finish me tonight
a cord to my neck
belt on my neck
thinking of s**cide
want to be d*ad
I'm going to h*ng myself
my mom is having a stroke
I'm afraid I might do something stupid
I attempted last night
I want to drive into the river
thinking about driving off a cliff
is there a risk of overdosing, because I want to
my husband is hitting me right now
My husband is hitting me at the moment
he is beating me to the ground
he is beating me up with a belt
he is beating me up for talking back
He threatened to kill me in a text
He is choking me
my dad is beating me, please come
He threatened to kill me last night
my ex says he will kill me
mi esposo me está pegando
mi pareja dice que me va a matar
mi marido me amenaza de muerte
I injected myself with all the insulin
me inyecté toda la insulina
I have my dad's pistol on the table and a bottle of whiskey
somebody needs to take my guns away from me tonight
I'm on the wrong side of the railing
The belt is over the door already
I drank a whole bottle of vodka and took my sleeping meds with it
Chest pain going down my left arm
I lit the bathroom on fire, I'm inside
This will be the last text you get from me
estoy arriba del puente y no pienso bajar
ya dejé la carta para mis hijos en la cocina
llevo días guardando pastillas para esto
my husband's hitting me right now
he is going to kill me
he wants to kill me
my ex is trying to kill me, he is outside
me va a matar
me está pegando mi marido
mi marido me quiere matar, está golpeando la puerta
alguien me quiere matar
He is coming at me with a knife
I locked myself in the bathroom because he is out there
mi ex está afuera con un machete
me acaban de violar
I can't breathe properly since the nasal spray
my tongue is swelling and I can't swallow
no puedo respirar bien desde la infusión
se me cierra la garganta desde el spray
my wife stopped breathing
mi hijo no despierta
my daughter swallowed some of my tablets
mi hija se tomó todas mis pastillas
I wrapped the cord around the beam
la cuerda ya está amarrada al techo
I turned on the gas and closed the windows
abrí el gas y me acosté
the hose from the exhaust is in the window
I drank half a bottle of weedkiller
me tomé un vaso de cloro
me tragué el frasco entero de clonazepam
me tomé las treinta pastillas
the pills are lined up in front of me
estoy en las vías
al otro lado de la baranda
tengo la pistola cargada
me aprieta el pecho y se me duerme el brazo
quiero prenderme fuego
nobody will have to worry about me anymore
ayúdenme a morir
I am not suicidal and never was, until tonight
I'm not suicidal, I just want to die
My dad died of an overdose and I want to follow him
"""
NOT_HEARD = """
He is beating me at chess again
my brother is hitting me up for money
My husband is not hitting me any more
My husband hits me
my boyfriend used to beat me
mi esposo me pega
mi esposo ya no me pega
el sol me está pegando en la cara
My wife is going to kill me if I forget the milk
I walked 5 kms and slept well
I took all my pills this morning, as prescribed
I took the whole dose as told
I drank a whole bottle of water before the session
I walked into the building and out of the bus
I stepped out of the shower
I can't live anywhere else
I don't live anymore in Portland
We ended everything on the list
Thinking about ending my gym membership
I want to end the session early
Can we end it now?
I was thinking about dying my hair
During the session I thought I was going to die, then calm
I shot myself in the foot with that email
I ran into the traffic on the way
It works better without me shouting
My mother died last year
I jumped out of bed
I am ready to diet
I need to dye my hair
I want to leave this job
He wants to kill the weeds
I would like to live in Spain
I have no reason to complain
There is no point in going
What's the point of this form?
I overslept
The pain is killing me
I'm dying to see my sister
Me duele la cabeza
me voy a morir de risa
Me quiero ir a casa
me corto las unas
me tiro al sofa
Me lanzo a la piscina
Tengo ganas de vivir
Quiero vivir mejor
No puedo vivir sin cafe
Ojalá no estuviera lloviendo
Mi vida no tiene nada que ver con eso
Estaría mejor sin mi dolor de espalda
Me voy a tomar las pastillas de la noche
Me tomé mis pastillas con agua
Voy a terminar todo hoy en el trabajo
Estoy cansado de trabajar
Me quiero cortar el pelo
me voy a colgar la ropa
No veo sentido en este formulario
pensando en mi trabajo
Muero de hambre
I feel dead tired
I want to be left alone
I am tired of waiting
I wish I was taller
I would rather sleep
I plan to travel
let me know
I don't deserve this help, thank you
The window of the car was open
Is ketamine going to hurt my kidneys?
I shouldn't be living with my ex
pain like this shouldn't exist
I said goodbye to everyone at work
I wrote a goodbye letter to alcohol
I am cutting again on sugar
I run on the tracks
took the whole pack of antibiotics
I jumped off the truck
me puedo lastimar si hago ejercicio
me tengo que colgar
no quiero dañarme el hígado
Is this going to harm my baby if I breastfeed?
The needle is going to hurt my son
¿Le va a hacer daño a mi hijo?
I might hurt someone if I drive after the infusion
I'm afraid I could hurt somebody if I drive tonight
My knee is killing me
I could kill for a coffee
I'd kill for some sleep
My wife is going to kill me if I forget
I nearly died laughing
I killed time in the waiting room
I'm going to jump in the shower
My son jumped off the wall
I overdosed on Netflix
I watched Suicide Squad
I wanted to die of embarrassment
Me quería morir de vergüenza
Me mata la rodilla
Mataría por un café
Puedo hacerle daño a alguien si conduzco
I jumped on the trampoline with my son
voy a saltarme la cita
I walked with a cane to my car, the heart rate was fine
I slept well and woke up once
voy a saltar la cuerda
I will go for a walk
I took the kids to jump
I wear a heart rate belt on my chest
The cord on my headphones broke
I had a knife on my headboard
I put the thermometer in my mouth
I had the phone in my hand
I took all of my pills as told
the voice on the phone told me to call back
I should die my hair
I am away. If this is an emergency, call 911
the nurse told me to call 911 if dizzy, all fine
¿Llama al 911 si me mareo?
I took 20 minutes to fill this in
I took two tablets of tylenol
I can't do this any more today, too tired
when you read this I will be at work
I'm on the bridge to Portland and late
sitting on the edge of the bed
I was thinking of driving to the clinic
I cut my arm on the fence
I won't be here tomorrow, can we move it?
Tomé muchas pastillas para la alergia este mes
I don't feel safe driving yet
I'm dying to see you
I've been cutting back on coffee
I can't breathe through my nose at night
I took everything with water as told
me corté el pelo
I drive into town on Mondays
I have been thinking of driving to the coast
My mother had a heart attack last year
I'll make it to the clinic by nine
How many pills should I take?
I am on the roof terrace and slept well
I want to crash on the sofa
Heyyyyy all goooood, c*mon
Sorry, I can't make it to tomorrow's appointment
I can't make it to tomorrow
cant make it to morning visit
I won't be around any time Friday
I won't be here much longer today, can you call back
I can't do it. I'm sorry, can we reschedule?
I attempted again to log in
I wrote my note to the pharmacy
I took about 20 tablets over the last month
I have taken 30 tablets this month
tomé 30 tabletas este mes
My mom is having a stroke of luck
I might do something stupid like eat cake
Is there a risk of overdosing?
Is there a risk of overdose with this medicine?
I will take all my meds in the morning as you told me
I was thinking about driving from the hotel, is that ok
I will drive into the river valley on Sunday
What are the odds of having a stroke?
I drank a whole bottle of water and slept
I left the letter for my family doctor at the desk
This is the last text of the day from the clinic
My belt is over the chair, did I leave it?
I am saving my tablets for the trip
dejé la carta en recepción
I read that ketamine helps people with suicidal thoughts
I am not suicidal and never was
I'm not suicidal, thanks for asking
no tengo ideas suicidas, gracias
My dad died of an overdose in 2009
My wife is going to kill me if I miss this dinner
mi esposa me va a matar si llego tarde
My son won't wake up early for school
mi hijo no despierta temprano
The rope is tied up for the boat
the pills are laid out on the counter for the week
My dad has a gun collection
The gas station was closed
They are killing me with paperwork
el sol me está pegando en los ojos
Cerré la llave del gas antes de salir
"""


def test_h13_a_family_holds_every_form_of_what_it_says() -> None:
    missed = [line for line in HEARD.strip().splitlines() if not rules.speaks_of_danger(line, WORDS)]
    heard = [line for line in NOT_HEARD.strip().splitlines() if rules.speaks_of_danger(line, WORDS)]
    assert (missed, heard) == ([], [])
    family = {"parts": [["me"], ["quiero", "voy a"], ["", "hoy"], ["matar"]]}
    said = ["me quiero matar", "me quiero hoy matar", "me voy a matar", "me voy a hoy matar"]
    assert list(reader.said_by(family)) == said


# What would make each of these one of every day stands in another sentence, before "ago", or beside what says that it
# happened.
NEVER_OF_EVERY_DAY = """
I just took 50 pills. This week broke me
I took 40 pills. Every day hurts
I swallowed 60 tablets. Every night I asked for help and nobody came
took 30 xanax. A week of hell is enough
I took 60 tylenol an hour ago, every day I wish it was over
I took 30 pills a day ago and my stomach hurts so bad
took 50 pills this year is my last
I will take all of my meds. As usual nobody answers
I will take all of my meds as usual nobody answers
I'm going to take all of the tablets as the doctor can't help me anyway
I wish somebody would shoot me. A text from you would help
Me tome 50 pastillas. Este mes ya no puedo
Me he tomado 40 pastillas, al dia siguiente ya no voy a estar
Tome 60 pastillas al mes de que se fue
acabo de hacerlo: tomé 50 pastillas este mes ya
He is beating me at the door
he is hitting me and is at it again
He is hitting me. Up with it no more
my ex threatened to kill me. A message came
"""


def test_h13_what_makes_words_of_every_day_counts_in_their_own_sentence_alone() -> None:
    lines = NEVER_OF_EVERY_DAY.strip().splitlines()
    assert [line for line in lines if not rules.speaks_of_danger(line, WORDS)] == []
    for family in WORDS.unless:
        for way in family.ways:
            said = family.phrases[-1].rstrip(".")
            assert not rules.speaks_of_danger(f"{said} {way}", WORDS), way
            for stop in (". ", ", ", "\n", "! "):
                assert rules.speaks_of_danger(f"{said}{stop}{way} is too much", WORDS), way
            if family.happened:
                assert rules.speaks_of_danger(f"{said} {way} ago", WORDS), way
                assert rules.speaks_of_danger(f"just now {said} {way}", WORDS), way
                assert rules.speaks_of_danger(f"{said} {way} nobody came", WORDS), way


def test_h13_no_harmless_phrase_silences_a_danger_said_beside_it() -> None:
    unheard = [
        text
        for at, line in enumerate(HEARD.strip().splitlines())
        if rules.speaks_of_danger(f"{line}. Good day", WORDS)  # heard beside other words as well, not alone only
        for phrase in WORDS.harmless[at % 5 :: 5]
        for text in (f"{line}, {phrase}", f"{phrase}. {line}")
        if not rules.speaks_of_danger(text, WORDS)
    ]
    assert unheard == []


@pytest.mark.parametrize("wanted", ["I want to {}", "I will {}", "Tonight I {}", "voy a {}", "I {}, and I want it"])
def test_h13_what_is_wanted_is_harmless_in_no_place(wanted: str) -> None:
    passed = "drown myself in work"
    assert not rules.speaks_of_danger(f"I {passed}", WORDS)
    assert rules.speaks_of_danger(wanted.format(passed), WORDS)


@pytest.mark.parametrize("text", ["kms", "Help me", "help me!!", "¡Ayuda!", "HELP ME PLEASE", "ayúdenme"])
def test_h13_a_cry_for_help_that_is_the_whole_message_is_heard(text: str) -> None:
    assert rules.speaks_of_danger(text, WORDS)
    assert not rules.speaks_of_danger("5 kms", WORDS)
    assert not rules.speaks_of_danger("Can you help me with the date?", WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "Help me\n\nSent from my telephone",
        "help me\r\n\r\nOn Monday you wrote:\r\n> A few questions",
        "By mail from a@b.example:\nhelp me\n\nSubject: Re: Questions",
        "By mail from a@b.example:\n(no text could be read in it)\n\nSubject: Help me",
        "Hi\nayúdame ya",
        "help me\nhe is at the door",
        "help me\nfind me before I do it",
        "ayúdenme por favor\na mi hijo no le late el corazón",
        "help me!\nwith you I am safe",
        "call 911\n\nSent from my telephone",
        "HELP!!! please",
        "I am not safe",
        "goodbye everyone",
        "I'm on the bridge",
        "I took everything",
        "me corté",
        "I can't breathe",
        "I need help\nSent from my telephone",
        "I need help right now",
        "pls help",
        "I took everything. Goodbye everyone.",
        "I took everything. I'm sorry.",
        "Goodbye everyone. I took them all.",
        "I'm not safe. Help me.",
        "i cant breathe help me",
        "I can't breathe and my chest hurts",
        "please call 911 I took everything",
        "Help, I'm on the roof",
        "help!! help me!!",
        "I have a gun. Forgive me.",
        "I took everything\nI'm sorry",
        "no puedo respirar, ayuda",
        "me tomé todo. perdónenme",
        "adiós a todos, me tomé todo",
        "I won't be around much longer",
        "I don't think I'll make it to tomorrow. I'm sorry",
        "I can't do this anymore. I'm sorry.",
        "I might do something stupid",
        "I wrote my note. Please forgive me",
        "socorro, tomé demasiadas",
        "ya compré la cuerda",
        "no le encuentro sentido a seguir",
    ],
)
def test_h13_a_cry_for_help_is_heard_in_a_mail_as_in_a_text(text: str) -> None:
    assert rules.speaks_of_danger(text, WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "I am away.\nIf this is an emergency please hang up and\ncall 911.\n\nThank you",
        "Can you\nhelp me with the date?",
        "I need help\nwith the link",
        "help me\nmove my appointment to Friday please",
        "I need help please\nwith parking",
        "ayúdenme\na cambiar la cita",
        "Thanks.\nGoodbye",
        "Hi, I am sorry, and please",
        "I took everything to the desk, please call me",
        "Hello. My chest hurts when I lift the box, is that from the gym",
    ],
)
def test_what_goes_on_in_the_next_line_is_no_cry_for_help(text: str) -> None:
    assert not rules.speaks_of_danger(text, WORDS)


def test_h13_somebody_is_called_at_once_as_for_the_same_words_tapped() -> None:
    assert WORDS.tier is Tier.T1


@pytest.mark.parametrize(
    "text",
    [
        "well" + "\r\n" * 100_000,
        "a sooo w3ll" + "\n \t" * 100_000 + "b",
        "please and " * 10_000,
        "i took " * 30_000,
        "ok:\n" * 20_000,
        "k*" * 30_000,
        "a." * 30_000,
        "cafe\u0301 \u200b" * 10_000,
    ],
)
def test_h13_a_long_text_keeps_nobody_who_waits_behind_it(text: str) -> None:
    """Anybody may send one. Were a part of it read once for each line of it, this would last for hours."""
    assert not rules.speaks_of_danger(text, WORDS)
    assert rules.speaks_of_danger(f"{text}\n\nI want to die", WORDS)


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("Thank you, see you Monday at 10:30!", True),
        ("Ok 👍🏽", True),
        ("Thanks ❤️", True),
        ("", True),
        ("I cannot go on", False),
        ("I am at the bridge", False),
        ("Я хочу умереть", False),
        ("ok 死にたい", False),
        ("good night 🔪💊", False),
    ],
)
def test_h13_only_what_is_read_and_plainly_harmless_waits_for_the_morning(text, waits):
    assert rules.is_plain(text, WORDS) is waits
