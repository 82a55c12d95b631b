namespace Recs.Engine.Catalog;

/// <summary>A text, a number, a truth value, or a list of texts. Immutable, compared by value.</summary>
public abstract record AttributeValue
{
    private AttributeValue() { }

    public sealed record Text(string Value) : AttributeValue;

    public sealed record Number(double Value) : AttributeValue;

    public sealed record Flag(bool Value) : AttributeValue;

    public sealed record TextList(IReadOnlyList<string> Values) : AttributeValue
    {
        public bool Equals(TextList? other) => other is not null && Values.SequenceEqual(other.Values, StringComparer.Ordinal);

        public override int GetHashCode() => Values.Aggregate(17, HashCode.Combine);
    }
}
