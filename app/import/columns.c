/* The fields of a billing file, and the names their columns are known by. */
#include "import/columns.h"

#include "base/json.h"
#include "track/text.h"

const struct import_field_kind import_field_kinds[IMPORT_FIELDS] = {
    [COLUMN_BUILDING_CODE] = { "building_code", "buildingCode", "Building code", true, 64,
                               " buildingcode building buildingid buildingno buildingnumber "
                               "propertycode property propertyid liegenschaftnr liegenschaftsnr "
                               "liegenschaftsnummer liegenschaftnummer liegenschaftscode "
                               "liegenschaftid objekt objektnr objektnummer gebaude gebaeude "
                               "gebaudenr gebaeudenr gebaudecode hausnr codeimmeuble immeubleno "
                               "noimmeuble numeroimmeuble nimmeuble immeuble codebatiment batiment "
                               "nobatiment " },
    [COLUMN_BUILDING_NAME] = { "building_name", "buildingName", "Building name", false, 200,
                               " buildingname propertyname liegenschaft liegenschaftsname "
                               "liegenschaftname objektname gebaudename gebaeudename nomimmeuble "
                               "nomdelimmeuble nombatiment residence " },
    [COLUMN_UNIT_NUMBER] = { "unit_number", "unitNumber", "Unit", true, 64,
                             " unitnumber unit unitno unitid apartment flat apartmentnumber "
                             "einheit einheitnr einheitsnr einheitsnummer wohnung wohnungsnr "
                             "wohnungnr wohnungsnummer mietobjekt lot nolot numerolot unite "
                             "appartement noappartement numeroappartement logement " },
    [COLUMN_RECIPIENT_NAME] = { "recipient_name", "recipientName", "Recipient", true, 200,
                                " recipientname recipient name tenantname tenant owner ownername "
                                "empfanger empfaenger empfangername empfaengername mieter "
                                "mietername eigentumer eigentuemer nameempfanger destinataire "
                                "nomdestinataire nomdudestinataire nom locataire proprietaire " },
    [COLUMN_DELIVERY_PREFERENCE] = { "delivery_preference", "deliveryPreference",
                                     "Delivery preference", true, 100,
                                     " deliverypreference delivery deliverymethod channel "
                                     "preference versandart versand zustellart zustellung "
                                     "versandweg kanal modedenvoi modeenvoi envoi canal "
                                     "modedelivraison preferencedenvoi modedexpedition " },
    [COLUMN_SUBJECT] = { "subject", "subject", "Subject", true, 300,
                         " subject title betreff titel bezeichnung objet sujet titre " },
    [COLUMN_EMAIL] = { "email", "email", "E-mail", false, 320,
                       " email emailaddress mail mailaddress emailadresse mailadresse "
                       "courriel adressecourriel adresseemail adressemail mel " },
    [COLUMN_PHONE] = { "phone", "phone", "Phone", false, 40,
                       " phone phonenumber mobile mobilephone mobilenumber cell telephone telefon "
                       "telefonnummer telefonnr tel handy handynummer natel mobiltelefon mobil "
                       "mobilnummer portable telephoneportable notelephone numerodetelephone " },
    [COLUMN_STREET] = { "street", "street", "Street", false, 200,
                        " street address streetaddress addressline1 strasse strassenr adresse "
                        "strassehausnummer strasseundnummer rue rueetnumero voie " },
    [COLUMN_POSTAL_CODE] = { "postal_code", "postalCode", "Postal code", false, 20,
                             " postalcode zip zipcode postcode plz postleitzahl npa codepostal "
                             "cp " },
    [COLUMN_CITY] = { "city", "city", "City", false, 100,
                      " city town place ort stadt wohnort ortschaft ville localite lieu commune " },
    [COLUMN_COUNTRY] = { "country", "country", "Country", false, 60,
                         " country countrycode land landercode laendercode landcode pays "
                         "codepays " },
    [COLUMN_LANGUAGE] = { "language", "language", "Language", false, 40,
                          " language lang languagecode sprache sprachcode korrespondenzsprache "
                          "langue codelangue " },
    [COLUMN_AMOUNT_DUE] = { "amount_due", "amountDue", "Amount due", false, 40,
                            " amountdue amount balance total betrag rechnungsbetrag saldo "
                            "offenerbetrag montant montantdu solde " },
    [COLUMN_CURRENCY] = { "currency", "currency", "Currency", false, 10,
                          " currency currencycode wahrung waehrung devise monnaie " },
    [COLUMN_DUE_DATE] = { "due_date", "dueDate", "Due date", false, 20,
                          " duedate due dueon payableby falligam faelligam falligkeit "
                          "faelligkeit falligkeitsdatum faelligkeitsdatum zahlbarbis echeance "
                          "datedecheance dateecheance echeancele payableau " },
    [COLUMN_REFERENCE] = { "reference", "reference", "Reference", false, 200,
                           " reference ref referenceno referencenumber invoicenumber invoiceno "
                           "referenz referenznr referenznummer rechnungsnr rechnungsnummer "
                           "belegnr belegnummer noreference numerodereference nofacture "
                           "numerodefacture " },
    [COLUMN_ATTACHMENT] = { "attachment", "attachment", "Attachment", false, 400,
                            " attachment attachments file filename document pdf beilage anhang "
                            "datei dateiname dokument piecejointe annexe fichier nomdufichier " },
    [COLUMN_YEAR] = { "year", "yearColumn", "Billing year", false, 4,
                      " year billingyear period jahr abrechnungsjahr rechnungsjahr annee exercice "
                      "anneedefacturation anneededecompte " },
    [COLUMN_RETENTION_HINT] = { "retention_hint", "retentionHint", "Retention", false, 40,
                                " retentionhint retentionpolicy aufbewahrungsregel "
                                "regledeconservation " },
    [COLUMN_TEMPLATE] = { "template", "template", "Template", false, 40,
                          " template messagetemplate vorlage nachrichtenvorlage modele "
                          "modeledemessage gabarit " },
};

int import_field_of(const char *name)
{
    for (int f = 0; f < IMPORT_FIELDS; f++) {
        const struct import_field_kind *k = &import_field_kinds[f];
        if (strcmp(k->name, name) == 0 || strcmp(k->key, name) == 0)
            return f;
    }
    return -1;
}

static int known_field(struct arena *a, const char *header)
{
    const char *word = arena_printf(a, " %s ", fold(a, str_of(header), false));
    for (int f = 0; f < IMPORT_FIELDS && word[1] != ' '; f++) {
        if (strstr(import_field_kinds[f].known, word))
            return f;
    }
    return -1;
}

int column_find(const struct import_columns *c, const char *header)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->headers[i], header) == 0)
            return (int)i;
    }
    return -1;
}

/* The column with a chosen header: the same text, else the same but for case and accents. */
static int chosen_column(struct arena *a, const struct import_columns *c, const char *header)
{
    const char *folded = fold(a, str_of(header), false);
    int same = column_find(c, header);
    if (same >= 0)
        return same;
    for (size_t i = 0; i < c->n && *folded; i++) {
        if (strcmp(fold(a, str_of(c->headers[i]), false), folded) == 0)
            return (int)i;
    }
    return -1;
}

static void map_choice(struct arena *a, const struct import_choice *choice,
                       struct import_columns *c, bool *taken)
{
    for (int f = 0; f < IMPORT_FIELDS; f++) {
        c->of[f] = choice->column[f] ? chosen_column(a, c, choice->column[f]) : -1;
        if (c->of[f] >= 0)
            taken[c->of[f]] = true;
    }
}

void columns_map(struct arena *a, const struct str *cells, size_t n,
                 const struct import_choice *choice, struct import_columns *out)
{
    struct import_columns c = { .n = n, .complete = true };
    bool *taken = arena_zalloc(a, n + 1, sizeof(*taken));
    c.headers = arena_zalloc(a, n + 1, sizeof(*c.headers));
    for (size_t i = 0; i < n; i++)
        c.headers[i] = arena_strndup(a, cells[i].p, cells[i].n);
    map_choice(a, choice, &c, taken);
    for (size_t i = 0; i < n; i++) {
        int f = taken[i] ? -1 : known_field(a, c.headers[i]);
        if (f >= 0 && c.of[f] < 0 && !choice->column[f])
            c.of[f] = (int)i;
    }
    for (int f = 0; f < IMPORT_FIELDS; f++)
        c.complete = c.complete && (c.of[f] >= 0 || !import_field_kinds[f].required);
    *out = c;
}

const char *column_header(const struct import_columns *c, enum import_field f)
{
    return c->of[f] >= 0 ? c->headers[c->of[f]] : import_field_kinds[f].name;
}

struct json_object *columns_json(const struct import_columns *c)
{
    struct json_object *list = json_object_new_array();
    for (int f = 0; f < IMPORT_FIELDS; f++) {
        struct json_object *one = json_object_new_object();
        json_set_text(one, "field", import_field_kinds[f].key);
        json_set_text(one, "label", import_field_kinds[f].label);
        json_set_bool(one, "required", import_field_kinds[f].required);
        json_set_text(one, "column", c->of[f] >= 0 ? c->headers[c->of[f]] : NULL);
        json_object_array_add(list, one);
    }
    return list;
}
