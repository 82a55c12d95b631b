namespace Recs.Engine.Catalog;

/// <summary>
/// A condition on items: immutable, equal when the canonical text is. One grammar for HTTP, command line and C#: see
/// docs/filters.md. The methods here build the same trees as <see cref="Parse"/> and refuse the same mistakes with
/// <see cref="RecommenderException"/>.
/// </summary>
public abstract record ItemFilter
{
    private protected ItemFilter(string text, int nesting, int terms)
    {
        if (nesting > Limits.MaxFilterDepth)
            throw RecommenderException.Invalid("filter", nesting, $"at most {Limits.MaxFilterDepth} levels of 'not' and parentheses");
        if (terms > Limits.MaxFilterTerms)
            throw RecommenderException.Invalid("filter", terms, $"at most {Limits.MaxFilterTerms} comparisons (each value of an 'in' is one)");
        if (text.Length > Limits.MaxFilterLength)
        {
            throw RecommenderException.Invalid(
                "filter", text, $"at most {Limits.MaxFilterLength} characters, in canonical form too", kind: RefusalKind.TooLarge);
        }

        Text = text;
        Nesting = nesting;
        Terms = terms;
    }

    /// <summary>The canonical text, made once.</summary>
    internal string Text { get; }

    /// <summary>Levels of 'not' and parentheses in <see cref="Text"/>.</summary>
    internal int Nesting { get; }

    /// <summary>Comparisons in it; each value of an 'in' is one.</summary>
    internal int Terms { get; }

    /// <summary>Parses; throws <see cref="RecommenderException"/> naming the position and what was expected.</summary>
    public static ItemFilter Parse(string text) => FilterParser.Parse(text);

    /// <summary>The field is the text, or the list holds it. For <c>createdAt</c> the text is an ISO 8601 time.</summary>
    public static ItemFilter Equal(string field, string value) => EqualFilter.Of(field, new AttributeValue.Text(value));

    public static ItemFilter Equal(string field, double value) => EqualFilter.Of(field, new AttributeValue.Number(value));

    public static ItemFilter Equal(string field, bool value) => EqualFilter.Of(field, new AttributeValue.Flag(value));

    /// <summary>Exactly <c>Not(Equal(field, value))</c>: an item without the field passes.</summary>
    public static ItemFilter NotEqual(string field, string value) => Not(Equal(field, value));

    public static ItemFilter NotEqual(string field, double value) => Not(Equal(field, value));

    public static ItemFilter NotEqual(string field, bool value) => Not(Equal(field, value));

    /// <summary>The field equals one of the values: texts, numbers or truth values.</summary>
    public static ItemFilter In(string field, params IEnumerable<AttributeValue> values) => InFilter.Of(field, values);

    public static ItemFilter In(string field, params IEnumerable<string> values) =>
        InFilter.Of(field, values.Select(AttributeValue (v) => new AttributeValue.Text(v)));

    public static ItemFilter In(string field, params IEnumerable<double> values) =>
        InFilter.Of(field, values.Select(AttributeValue (v) => new AttributeValue.Number(v)));

    public static ItemFilter Compare(string field, ComparisonOperator op, double value) =>
        ComparisonFilter.Of(field, op, new AttributeValue.Number(value));

    /// <summary>For <c>createdAt</c>; compared in whole milliseconds.</summary>
    public static ItemFilter Compare(string field, ComparisonOperator op, DateTimeOffset value) =>
        ComparisonFilter.Of(field, op, FilterLiterals.Time(value));

    /// <summary>Both ends belong to the range.</summary>
    public static ItemFilter Between(string field, double min, double max) =>
        RangeFilter.Of(field, new AttributeValue.Number(min), new AttributeValue.Number(max));

    public static ItemFilter Between(string field, DateTimeOffset min, DateTimeOffset max) =>
        RangeFilter.Of(field, FilterLiterals.Time(min), FilterLiterals.Time(max));

    /// <summary>All of them; at least one. An <c>and</c> inside is taken apart.</summary>
    public static ItemFilter And(params IEnumerable<ItemFilter> filters) =>
        Combine(filters, f => f is AndFilter and ? and.Operands : [f], all => new AndFilter(all));

    /// <summary>Any of them; at least one. An <c>or</c> inside is taken apart.</summary>
    public static ItemFilter Or(params IEnumerable<ItemFilter> filters) =>
        Combine(filters, f => f is OrFilter or ? or.Operands : [f], all => new OrFilter(all));

    /// <summary>The contrary; of a contrary, what was denied.</summary>
    public static ItemFilter Not(ItemFilter filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return filter is NotFilter not ? not.Operand : new NotFilter(filter);
    }

    public static ItemFilter operator &(ItemFilter left, ItemFilter right) => And(left, right);

    public static ItemFilter operator |(ItemFilter left, ItemFilter right) => Or(left, right);

    public static ItemFilter operator !(ItemFilter filter) => Not(filter);

    /// <summary>The canonical text; parses to an equal filter.</summary>
    public sealed override string ToString() => Text;

    /// <summary>Exact evaluation on one item.</summary>
    public abstract bool Matches(Item item);

    public virtual bool Equals(ItemFilter? other) => other is not null && string.Equals(Text, other.Text, StringComparison.Ordinal);

    public override int GetHashCode() => string.GetHashCode(Text, StringComparison.Ordinal);

    private static ItemFilter Combine(
        IEnumerable<ItemFilter> filters, Func<ItemFilter, IEnumerable<ItemFilter>> takeApart, Func<ItemFilter[], ItemFilter> make)
    {
        ArgumentNullException.ThrowIfNull(filters);
        var operands = new List<ItemFilter>();
        foreach (var filter in filters)
        {
            ArgumentNullException.ThrowIfNull(filter);
            operands.AddRange(takeApart(filter));
            // Every operand is at least one term: an endless sequence ends here.
            if (operands.Count > Limits.MaxFilterTerms)
                throw RecommenderException.Invalid("filter", operands.Count, $"at most {Limits.MaxFilterTerms} comparisons");
        }

        return operands.Count switch
        {
            0 => throw RecommenderException.Invalid("filter", 0, "at least one operand"),
            1 => operands[0],
            _ => make([.. operands]),
        };
    }
}

/// <summary>How a number or time is compared.</summary>
public enum ComparisonOperator
{
    Less,
    AtMost,
    Greater,
    AtLeast,
}
