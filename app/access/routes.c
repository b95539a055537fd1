/* The routes of access, and what their forms may hold. */
#include "access/private.h"

#define AT(type, member) offsetof(struct type, member)

static const struct field login_query_fields[] = {
    { "next", FIELD_TEXT, AT(login_form, next), .max = 2000, .help = "Where to go afterwards." },
    { 0 },
};
static const struct field login_fields[] = {
    { "email", FIELD_TEXT, AT(login_form, email), .max = 254 },
    { "password", FIELD_TEXT, AT(login_form, password), .max = 1024 },
    { "next", FIELD_TEXT, AT(login_form, next), .max = 2000 },
    { "loginToken", FIELD_TEXT, AT(login_form, login_token), .max = 100 },
    { 0 },
};
static const struct field password_fields[] = {
    { "currentPassword", FIELD_TEXT, AT(password_form, current), .required = true, .max = 1024 },
    { "newPassword", FIELD_TEXT, AT(password_form, chosen), .required = true, .max = 1024 },
    { "repeatPassword", FIELD_TEXT, AT(password_form, repeated), .required = true, .max = 1024 },
    { 0 },
};
static const char *const themes[] = { "system", "auto", "light", "dark", NULL };
static const struct field theme_fields[] = {
    { "theme", FIELD_CHOICE, AT(theme_form, theme), .required = true, .values = themes },
    { 0 },
};
static const struct field token_fields[] = {
    { "clientId", FIELD_TEXT, AT(token_form, client_id), .max = 100, .help = "The client's id." },
    { "clientSecret", FIELD_TEXT, AT(token_form, client_secret), .max = 200,
      .help = "Its secret, as told when it was added." },
    { "grant_type", FIELD_TEXT, AT(token_form, grant_type), .max = 100,
      .help = "client_credentials, where the request is a form." },
    { "client_id", FIELD_TEXT, AT(token_form, form_client_id), .max = 100,
      .help = "In a form, unless Basic authentication is used." },
    { "client_secret", FIELD_TEXT, AT(token_form, form_secret), .max = 200,
      .help = "In a form, unless Basic authentication is used." },
    { "scope", FIELD_TEXT, AT(token_form, scope), .max = 1000, .help = "Allowed and ignored." },
    { 0 },
};
static const struct field file_fields[] = {
    { "tenant", FIELD_UUID, AT(file_query, tenant), .required = true },
    { "name", FIELD_TEXT, AT(file_query, name), .required = true, .max = 1000 },
    { "expires", FIELD_TEXT, AT(file_query, expires), .required = true, .max = 18 },
    { "tag", FIELD_TEXT, AT(file_query, tag), .required = true, .max = 100 },
    { 0 },
};

static const struct input login_query = { "LoginQuery", sizeof(struct login_form),
                                          login_query_fields };
static const struct input login_input = { "Login", sizeof(struct login_form), login_fields };
static const struct input password_input = { "PasswordChange", sizeof(struct password_form),
                                             password_fields };
static const struct input theme_input = { "Theme", sizeof(struct theme_form), theme_fields };
static const struct input token_input = { "TokenRequest", sizeof(struct token_form), token_fields };
static const struct input file_query = { "FileQuery", sizeof(struct file_query), file_fields };

static const struct member token_members[] = {
    { "access_token", SHAPE_TEXT, .help = "A JWT: sent as Authorization: Bearer." },
    { "token_type", SHAPE_TEXT, .example = "Bearer" },
    { "expires_in", SHAPE_COUNT, .help = "In seconds.", .example = "900" },
    { .name = NULL },
};
static const struct shape token_shape = { "Token", "An access token (RFC 6749 §5.1).",
                                          token_members };

#define FORM_LIMIT 16384

static const struct route routes[] = {
    { METHOD_GET, ROUTE_PAGE, "/", home_show, ROLE_PUBLIC, .doc = "Leads to the first page." },
    { METHOD_GET, ROUTE_PAGE, "/login", login_show, ROLE_PUBLIC, &login_query,
      .doc = "The login form." },
    { METHOD_POST, ROUTE_PAGE, "/login", login_do, ROLE_PUBLIC, &login_input, FORM_LIMIT,
      .no_csrf = true, .always = true, .doc = "Signs a person in." },
    { METHOD_POST, ROUTE_PAGE, "/logout", logout_do, ROLE_VIEWER, .body_limit = FORM_LIMIT,
      .always = true, .doc = "Ends the session." },
    { METHOD_GET, ROUTE_PAGE, "/password", password_show, ROLE_VIEWER,
      .doc = "The form to change one's password." },
    { METHOD_POST, ROUTE_PAGE, "/password", password_do, ROLE_VIEWER, &password_input, FORM_LIMIT,
      .always = true, .doc = "Changes the password and ends all other sessions." },
    { METHOD_POST, ROUTE_PAGE, "/theme", theme_do, ROLE_VIEWER, &theme_input, FORM_LIMIT,
      .doc = "Chooses the colours of the pages." },
    { METHOD_POST, ROUTE_API, "/api/auth/token", token_do, ROLE_PUBLIC, &token_input, FORM_LIMIT,
      .no_csrf = true, .always = true, .doc = "Gives an API client an access token for 15 minutes.",
      .answer = &token_shape },
    { METHOD_GET, ROUTE_OPEN, "/files/:sha256", file_show, ROLE_PUBLIC, &file_query,
      .doc = "A file by a signed link that expires." },
    { 0 },
};

const struct domain access_domain = { .name = "access", .routes = routes };
