using System.Globalization;
using System.Text;

namespace Recs.Engine.Catalog;

internal enum FilterTokenKind
{
    End,
    Name,
    Word,
    Text,
    Number,
    Symbol,
}

/// <param name="Kind">What it is.</param>
/// <param name="At">0-based position of its first character.</param>
/// <param name="Value">The name, lower-case keyword, unescaped text, or symbol.</param>
/// <param name="Number">The value of a number.</param>
internal readonly record struct FilterToken(FilterTokenKind Kind, int At, string Value, double Number = 0);

/// <summary>Cuts a filter expression into tokens.</summary>
internal ref struct FilterLexer(string text)
{
    private readonly string _text = text;
    private int _at;

    public FilterToken Next()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
        if (_at == _text.Length)
            return new FilterToken(FilterTokenKind.End, _at, "");
        var c = _text[_at];
        if (FilterFields.IsNameStart(c))
            return Name();
        if (char.IsAsciiDigit(c) || c == '-')
            return Number();
        return c is '"' or '\'' ? Text(c) : Symbol(c);
    }

    /// <summary>The error for what stands at a position.</summary>
    public static RecommenderException Unexpected(int at, string found, string expected) =>
        new(RefusalKind.Invalid, $"filter: found {found} at position {at}; expected {expected}.")
        {
            Field = "filter",
            Value = $"{found} at position {at}",
            Legal = expected,
        };

    private FilterToken Name()
    {
        var from = _at;
        while (_at < _text.Length && FilterFields.IsNamePart(_text[_at]))
            _at++;
        var name = _text[from.._at];
        if (FilterFields.IsWord(name))
            return new FilterToken(FilterTokenKind.Word, from, name.ToLowerInvariant());
        return name.Length <= Limits.MaxTermLength
            ? new FilterToken(FilterTokenKind.Name, from, name)
            : throw Unexpected(from, $"a name of {name.Length} characters", $"a name of at most {Limits.MaxTermLength}");
    }

    private FilterToken Number()
    {
        var from = _at++;
        while (_at < _text.Length && IsNumberPart(_text[_at], _text[_at - 1]))
            _at++;
        var digits = _text[from.._at];
        const NumberStyles styles =
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(digits, styles, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? new FilterToken(FilterTokenKind.Number, from, digits, number)
            : throw Unexpected(from, Show(digits), "a finite number such as 20, -1.5 or 2e6");
    }

    private static bool IsNumberPart(char c, char before) =>
        FilterFields.IsNamePart(c) || (c == '+' && before is 'e' or 'E');

    private FilterToken Text(char quote)
    {
        var from = _at++;
        var value = new StringBuilder();
        while (_at < _text.Length && _text[_at] != quote)
            value.Append(_text[_at] == '\\' ? Escape() : _text[_at++]);
        if (_at == _text.Length)
            throw Unexpected(from, "a text without an end", $"a closing {quote}");
        _at++;
        return new FilterToken(FilterTokenKind.Text, from, value.ToString());
    }

    private char Escape()
    {
        const string expected = """one of \\ \" \' \n \r \t \uXXXX""";
        var from = _at++;
        if (_at == _text.Length)
            throw Unexpected(from, "a backslash", expected);
        var c = _text[_at++];
        switch (c)
        {
            case '\\' or '"' or '\'':
                return c;
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when _at + 4 <= _text.Length && ushort.TryParse(
                _text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                _at += 4;
                return (char)unit;
            default:
                throw Unexpected(from, Show($"\\{c}"), expected);
        }
    }

    private FilterToken Symbol(char c)
    {
        var from = _at;
        var two = (c is '!' or '<' or '>') && from + 1 < _text.Length && _text[from + 1] == '=';
        if (!two && c is not ('=' or '<' or '>' or '(' or ')' or ','))
            throw Unexpected(from, Show(c.ToString()), "a field, a value, a comparison, a parenthesis, 'and', 'or' or 'not'");
        _at += two ? 2 : 1;
        return new FilterToken(FilterTokenKind.Symbol, from, _text[from.._at]);
    }

    private static string Show(string text) => $"'{(text.Length <= 40 ? text : text[..37] + "...")}'";
}
