namespace Recs.Engine.Catalog;

/// <summary><c>field = value</c>: false for an item without the field, or with one of another type.</summary>
public sealed record EqualFilter : ItemFilter
{
    private EqualFilter(string field, AttributeValue value)
        : base($"{field} = {FilterLiterals.Write(field, value)}", nesting: 0, terms: 1)
    {
        Field = field;
        Value = value;
    }

    public string Field { get; }

    /// <summary>A time is a number of milliseconds since 1970.</summary>
    public AttributeValue Value { get; }

    internal static EqualFilter Of(string field, AttributeValue value)
    {
        value = FilterLiterals.Check(field, value, ordered: false);
        return new EqualFilter(FilterFields.Canonical(field), value);
    }

    public override bool Matches(Item item) => FilterMatching.Equal(item, Field, Value);
}

/// <summary><c>field in (value, …)</c>: any of the equalities.</summary>
public sealed record InFilter : ItemFilter
{
    private readonly AttributeValue[] _values;

    private InFilter(string field, AttributeValue[] values)
        : base($"{field} in {List(field, values)}", nesting: 0, terms: values.Length)
    {
        Field = field;
        _values = values;
    }

    public string Field { get; }

    /// <summary>Distinct, in the order given.</summary>
    public IReadOnlyList<AttributeValue> Values => _values;

    internal static InFilter Of(string field, IEnumerable<AttributeValue> values)
    {
        var legal = Checked(field, values);
        return new InFilter(FilterFields.Canonical(field), legal);
    }

    public override bool Matches(Item item)
    {
        foreach (var value in _values)
        {
            if (FilterMatching.Equal(item, Field, value))
                return true;
        }

        return false;
    }

    public bool Equals(InFilter? other) => base.Equals(other);

    public override int GetHashCode() => base.GetHashCode();

    internal static string List(string field, IEnumerable<AttributeValue> values) =>
        $"({string.Join(", ", values.Select(v => FilterLiterals.Write(field, v)))})";

    private static AttributeValue[] Checked(string field, IEnumerable<AttributeValue> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var distinct = new List<AttributeValue>();
        var known = new HashSet<AttributeValue>();
        foreach (var value in values)
        {
            var legal = FilterLiterals.Check(field, value, ordered: false);
            if (known.Add(legal))
                distinct.Add(legal);
            if (distinct.Count > Limits.MaxFilterTerms)
                throw RecommenderException.Invalid("filter", distinct.Count, $"at most {Limits.MaxFilterTerms} comparisons (each value of an 'in' is one)");
        }

        return distinct.Count > 0
            ? [.. distinct]
            : throw RecommenderException.Invalid($"filter: {field}", "()", "at least one value");
    }
}

/// <summary><c>field &lt; value</c> and its like: false for an item without the number.</summary>
public sealed record ComparisonFilter : ItemFilter
{
    private ComparisonFilter(string field, ComparisonOperator op, AttributeValue.Number value)
        : base($"{field} {Sign(op)} {FilterLiterals.Write(field, value)}", nesting: 0, terms: 1)
    {
        Field = field;
        Operator = op;
        Value = value.Value;
    }

    public string Field { get; }

    public ComparisonOperator Operator { get; }

    /// <summary>Finite; a time in milliseconds since 1970.</summary>
    public double Value { get; }

    internal static ComparisonFilter Of(string field, ComparisonOperator op, AttributeValue value) =>
        new(field, op, (AttributeValue.Number)FilterLiterals.Check(field, value, ordered: true));

    public override bool Matches(Item item) => FilterMatching.Number(item, Field) is { } number && Operator switch
    {
        ComparisonOperator.Less => number < Value,
        ComparisonOperator.AtMost => number <= Value,
        ComparisonOperator.Greater => number > Value,
        _ => number >= Value,
    };

    private static string Sign(ComparisonOperator op) => op switch
    {
        ComparisonOperator.Less => "<",
        ComparisonOperator.AtMost => "<=",
        ComparisonOperator.Greater => ">",
        ComparisonOperator.AtLeast => ">=",
        _ => throw RecommenderException.Invalid("operator", op, "Less, AtMost, Greater or AtLeast"),
    };
}

/// <summary><c>field between min and max</c>, both ends included: false for an item without the number.</summary>
public sealed record RangeFilter : ItemFilter
{
    private RangeFilter(string field, AttributeValue.Number min, AttributeValue.Number max)
        : base($"{field} between {WriteEnds(field, min, max)}", nesting: 0, terms: 1)
    {
        Field = field;
        Min = min.Value;
        Max = max.Value;
        if (Min > Max)
            throw RecommenderException.Invalid($"filter: {field}", WriteEnds(field, min, max), "a lower end not above the upper one");
    }

    public string Field { get; }

    public double Min { get; }

    public double Max { get; }

    public override bool Matches(Item item) => FilterMatching.Number(item, Field) is { } number && number >= Min && number <= Max;

    internal string Ends => WriteEnds(Field, new AttributeValue.Number(Min), new AttributeValue.Number(Max));

    internal static RangeFilter Of(string field, AttributeValue min, AttributeValue max) => new(
        field,
        (AttributeValue.Number)FilterLiterals.Check(field, min, ordered: true),
        (AttributeValue.Number)FilterLiterals.Check(field, max, ordered: true));

    private static string WriteEnds(string field, AttributeValue min, AttributeValue max) =>
        $"{FilterLiterals.Write(field, min)} and {FilterLiterals.Write(field, max)}";
}

/// <summary><c>a and b …</c></summary>
public sealed record AndFilter : ItemFilter
{
    private readonly ItemFilter[] _operands;

    internal AndFilter(ItemFilter[] operands)
        : base(
            string.Join(" and ", operands.Select(o => o is OrFilter ? $"({o.Text})" : o.Text)),
            operands.Max(o => o is OrFilter ? o.Nesting + 1 : o.Nesting),
            operands.Sum(o => o.Terms)) => _operands = operands;

    /// <summary>Two or more, none of them an <c>and</c>.</summary>
    public IReadOnlyList<ItemFilter> Operands => _operands;

    public override bool Matches(Item item)
    {
        foreach (var operand in _operands)
        {
            if (!operand.Matches(item))
                return false;
        }

        return true;
    }

    public bool Equals(AndFilter? other) => base.Equals(other);

    public override int GetHashCode() => base.GetHashCode();
}

/// <summary><c>a or b …</c></summary>
public sealed record OrFilter : ItemFilter
{
    private readonly ItemFilter[] _operands;

    internal OrFilter(ItemFilter[] operands)
        : base(
            string.Join(" or ", operands.Select(o => o.Text)),
            operands.Max(o => o.Nesting),
            operands.Sum(o => o.Terms)) => _operands = operands;

    /// <summary>Two or more, none of them an <c>or</c>.</summary>
    public IReadOnlyList<ItemFilter> Operands => _operands;

    public override bool Matches(Item item)
    {
        foreach (var operand in _operands)
        {
            if (operand.Matches(item))
                return true;
        }

        return false;
    }

    public bool Equals(OrFilter? other) => base.Equals(other);

    public override int GetHashCode() => base.GetHashCode();
}

/// <summary><c>not a</c>, written <c>!=</c>, <c>not in</c> and <c>not between</c> where there is such a sign.</summary>
public sealed record NotFilter : ItemFilter
{
    internal NotFilter(ItemFilter operand)
        : base(
            operand switch
            {
                EqualFilter e => $"{e.Field} != {FilterLiterals.Write(e.Field, e.Value)}",
                InFilter i => $"{i.Field} not in {InFilter.List(i.Field, i.Values)}",
                RangeFilter r => $"{r.Field} not between {r.Ends}",
                ComparisonFilter c => $"not {c.Text}",
                _ => $"not ({operand.Text})",
            },
            operand switch
            {
                EqualFilter or InFilter or RangeFilter => 0,
                ComparisonFilter => 1,
                _ => operand.Nesting + 2,
            },
            operand.Terms) => Operand = operand;

    /// <summary>Never a <c>not</c>.</summary>
    public ItemFilter Operand { get; }

    public override bool Matches(Item item) => !Operand.Matches(item);
}
