namespace Recs.Training.NextItem;

/// <summary>What the history of each token of a batch already has, the part of its run before the window included.</summary>
/// <param name="items">Of all runs, one after the other.</param>
internal sealed class MetItems(int[] items)
{
    private readonly List<(int Start, int Target)> _tokens = [];

    /// <summary>Items before the token's target, in order; some may come more than once.</summary>
    public ReadOnlySpan<int> Before(int token) => items.AsSpan(_tokens[token].Start.._tokens[token].Target);

    /// <param name="start">Where the token's run begins among the items.</param>
    /// <param name="target">Where its right item lies.</param>
    public void Add(int start, int target) => _tokens.Add((start, target));

    public void Clear() => _tokens.Clear();
}
