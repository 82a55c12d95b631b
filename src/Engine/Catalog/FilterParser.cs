namespace Recs.Engine.Catalog;

/// <summary>
/// Recursive descent over the grammar of docs/filters.md. The recursion is as deep as <see cref="Limits.MaxFilterDepth"/>
/// at most, whatever the text.
/// </summary>
internal ref struct FilterParser
{
    private FilterLexer _lexer;
    private FilterToken _token;
    private int _depth;
    private int _terms;

    private FilterParser(string text)
    {
        _lexer = new FilterLexer(text);
        _token = _lexer.Next();
    }

    public static ItemFilter Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw RecommenderException.Invalid("filter", text, "a condition such as: category = \"books\" and price < 20");
        if (text.Length > Limits.MaxFilterLength)
            throw RecommenderException.Invalid("filter", text, $"at most {Limits.MaxFilterLength} characters", kind: RefusalKind.TooLarge);
        var parser = new FilterParser(text);
        var filter = parser.Or();
        return parser._token.Kind == FilterTokenKind.End ? filter : throw parser.Unexpected("'and', 'or' or the end");
    }

    private ItemFilter Or()
    {
        var first = And();
        if (!IsWord("or"))
            return first;
        var operands = new List<ItemFilter> { first };
        while (TakeWord("or"))
            operands.Add(And());
        return ItemFilter.Or(operands);
    }

    private ItemFilter And()
    {
        var first = Unary();
        if (!IsWord("and"))
            return first;
        var operands = new List<ItemFilter> { first };
        while (TakeWord("and"))
            operands.Add(Unary());
        return ItemFilter.And(operands);
    }

    private ItemFilter Unary()
    {
        if (IsWord("not"))
        {
            Enter();
            Advance();
            var operand = Unary();
            _depth--;
            return ItemFilter.Not(operand);
        }

        if (!IsSymbol("("))
            return Comparison();
        Enter();
        Advance();
        var inner = Or();
        if (!IsSymbol(")"))
            throw Unexpected("'and', 'or' or ')'");
        Advance();
        _depth--;
        return inner;
    }

    private ItemFilter Comparison()
    {
        if (_token.Kind != FilterTokenKind.Name)
            throw Unexpected("a field, 'not' or '('");
        if (++_terms > Limits.MaxFilterTerms)
            throw Unexpected($"at most {Limits.MaxFilterTerms} comparisons (each value of an 'in' is one)");
        var field = _token.Value;
        Advance();
        if (_token.Kind == FilterTokenKind.Symbol)
            return Signed(field);
        var negated = TakeWord("not");
        var filter = TakeWord("in")
            ? InFilter.Of(field, Values(field))
            : TakeWord("between")
                ? Between(field)
                : throw Unexpected(negated ? "'in' or 'between'" : "'=', '!=', '<', '<=', '>', '>=', 'in', 'not in' or 'between'");
        return negated ? ItemFilter.Not(filter) : filter;
    }

    private ItemFilter Signed(string field)
    {
        var sign = _token.Value;
        if (sign is not ("=" or "!=" or "<" or "<=" or ">" or ">="))
            throw Unexpected("'=', '!=', '<', '<=', '>', '>=', 'in', 'not in' or 'between'");
        Advance();
        if (sign is "=" or "!=")
        {
            var equal = EqualFilter.Of(field, Value(field, ordered: false));
            return sign == "=" ? equal : ItemFilter.Not(equal);
        }

        var op = sign switch
        {
            "<" => ComparisonOperator.Less,
            "<=" => ComparisonOperator.AtMost,
            ">" => ComparisonOperator.Greater,
            _ => ComparisonOperator.AtLeast,
        };
        return ComparisonFilter.Of(field, op, Value(field, ordered: true));
    }

    private ItemFilter Between(string field)
    {
        var at = _token.At;
        var min = Value(field, ordered: true);
        if (!TakeWord("and"))
            throw Unexpected("'and' between the ends of a range");
        var max = Value(field, ordered: true);
        return ((AttributeValue.Number)min).Value <= ((AttributeValue.Number)max).Value
            ? RangeFilter.Of(field, min, max)
            : throw FilterLexer.Unexpected(
                at, $"{FilterLiterals.Write(field, min)} and {FilterLiterals.Write(field, max)}", "a lower end not above the upper one");
    }

    private List<AttributeValue> Values(string field)
    {
        if (!IsSymbol("("))
            throw Unexpected("'('");
        var values = new List<AttributeValue>();
        do
        {
            Advance();
            if (values.Count > 0 && ++_terms > Limits.MaxFilterTerms)
                throw Unexpected($"at most {Limits.MaxFilterTerms} comparisons (each value of an 'in' is one)");
            values.Add(Value(field, ordered: false));
        }
        while (IsSymbol(","));
        if (!IsSymbol(")"))
            throw Unexpected("',' or ')'");
        Advance();
        return values;
    }

    /// <summary>Takes a value that the field can be compared with.</summary>
    private AttributeValue Value(string field, bool ordered)
    {
        AttributeValue value = _token.Kind switch
        {
            FilterTokenKind.Text => new AttributeValue.Text(_token.Value),
            // A time is written as a text only: a bare number could be seconds, milliseconds or a year.
            FilterTokenKind.Number when FilterFields.KindOf(field) != FieldKind.Time => new AttributeValue.Number(_token.Number),
            FilterTokenKind.Word when _token.Value is "true" or "false" => new AttributeValue.Flag(_token.Value == "true"),
            _ => throw Unexpected(FilterLiterals.Expected(field, ordered)),
        };
        try
        {
            value = FilterLiterals.Check(field, value, ordered);
        }
        catch (RecommenderException e) when (e.Legal is { } legal)
        {
            throw Unexpected(legal);
        }

        Advance();
        return value;
    }

    private void Enter()
    {
        if (++_depth > Limits.MaxFilterDepth)
            throw Unexpected($"at most {Limits.MaxFilterDepth} levels of 'not' and parentheses");
    }

    private void Advance() => _token = _lexer.Next();

    private readonly bool IsWord(string word) => _token.Kind == FilterTokenKind.Word && _token.Value == word;

    private readonly bool IsSymbol(string symbol) => _token.Kind == FilterTokenKind.Symbol && _token.Value == symbol;

    private bool TakeWord(string word)
    {
        if (!IsWord(word))
            return false;
        Advance();
        return true;
    }

    private readonly RecommenderException Unexpected(string expected) => FilterLexer.Unexpected(
        _token.At,
        _token.Kind switch
        {
            FilterTokenKind.End => "the end",
            FilterTokenKind.Text => "a text in quotes",
            _ => $"'{(_token.Value.Length <= 40 ? _token.Value : _token.Value[..37] + "...")}'",
        },
        expected);
}
