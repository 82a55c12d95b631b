namespace Recs.Engine.Catalog;

/// <summary>
/// A condition on items; immutable. One grammar for HTTP, command line and C#: see docs/http.md.
/// </summary>
public abstract record ItemFilter
{
    /// <summary>Parses; throws <see cref="RecommenderException"/> naming the position and what was expected.</summary>
    public static ItemFilter Parse(string text) => throw new NotImplementedException();

    /// <summary>The canonical text; parses to an equal filter.</summary>
    public abstract override string ToString();

    /// <summary>Exact evaluation on one item.</summary>
    public abstract bool Matches(Item item);
}
