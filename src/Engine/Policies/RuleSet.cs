namespace Recs.Engine.Policies;

/// <summary>The rules of a host; immutable, replaced whole.</summary>
public sealed record RuleSet
{
    /// <summary>Most rules in a set.</summary>
    public const int MaxRules = 1_000;

    public static readonly RuleSet Empty = new() { Rules = [] };

    public required IReadOnlyList<Rule> Rules { get; init; }

    /// <summary>The rules that hold for a page, in their order.</summary>
    public IReadOnlyList<Rule> For(string surface, DateTimeOffset now)
    {
        if (Rules.Count == 0)
            return Rules;
        var holding = new List<Rule>();
        foreach (var rule in Rules)
        {
            if (rule.HoldsOn(surface, now))
                holding.Add(rule);
        }

        return holding;
    }

    /// <summary>Throws <see cref="RecommenderException"/> naming the rule's index, the field and its legal range.</summary>
    public void Check()
    {
        if (Rules.Count > MaxRules)
            throw RecommenderException.Invalid("rules", $"{Rules.Count} rules", $"at most {MaxRules} rules", kind: RefusalKind.TooLarge);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Rules.Count; i++)
            CheckOne(Rules[i], i, names);
    }

    private static void CheckOne(Rule rule, int index, HashSet<string> names)
    {
        if (!IdRules.IsLegal(rule.Name) || !names.Add(rule.Name))
            throw RecommenderException.Invalid("name", rule.Name, $"a name of its own within the set, {IdRules.Legal}", index);
        if (rule.Item is null == rule.Filter is null)
            throw RecommenderException.Invalid("item", rule.Item, "exactly one of item and filter", index);
        if (rule.Item is not null)
            IdRules.Check("item", rule.Item, index);
        if (rule.Action == RuleAction.Pin && rule.Item is null)
            throw RecommenderException.Invalid("item", null, "an item id: a pin names one item", index);
        if (rule.Position is < 1 or > Limits.MaxPageSize)
            throw RecommenderException.Invalid("position", rule.Position, $"1 to {Limits.MaxPageSize}", index);
        if (!(rule.Factor is >= 0.01 and <= 100))
            throw RecommenderException.Invalid("factor", rule.Factor, "0.01 to 100", index);
        if (rule.From is { } from && rule.Until is { } until && from >= until)
            throw RecommenderException.Invalid("until", until.ToString("O"), $"later than from ({from:O})", index);
        foreach (var surface in rule.Surfaces)
            PageRules.CheckSurface(surface);
    }
}
