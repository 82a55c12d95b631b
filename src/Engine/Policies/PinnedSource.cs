namespace Recs.Engine.Policies;

/// <summary>Offers the items that a rule pins on this surface, so that a pin works whatever the other sources found.</summary>
internal sealed class PinnedSource(ItemCatalog catalog, RuleBook rules, TimeProvider time) : ICandidateSource
{
    public const string SourceName = "pinned";

    public string Name => SourceName;

    public bool IsReady(RetrievalContext context) => true;

    public ValueTask RetrieveAsync(RetrievalContext context, CandidateList candidates, CancellationToken cancellationToken)
    {
        foreach (var rule in rules.Current.For(context.Surface, time.GetUtcNow()))
        {
            if (rule.Action == RuleAction.Pin && catalog.TryGetNumber(rule.Item!, out var item) && context.Eligible[item])
                candidates.Add(item, 1f / rule.Position);
        }

        return ValueTask.CompletedTask;
    }
}
