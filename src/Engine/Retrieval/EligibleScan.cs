using System.Numerics;

namespace Recs.Engine.Retrieval;

/// <summary>Walks the eligible items, for when precomputed orders hold too few of them.</summary>
internal static class EligibleScan
{
    // Items between two looks at the token, in words of 64.
    private const int PollWords = 128;

    /// <summary>Offers every eligible item that is not the seed with its score; a score of NaN leaves an item out.</summary>
    public static void Offer<TScore>(RetrievalContext context, ref TScore score, TopSelector top, CancellationToken cancellationToken)
        where TScore : struct, IItemScore, allows ref struct
    {
        var words = context.Eligible.Words;
        for (var w = 0; w < words.Length; w++)
        {
            if (w % PollWords == 0)
                cancellationToken.ThrowIfCancellationRequested();
            for (var bits = words[w]; bits != 0; bits &= bits - 1)
            {
                var item = w << 6 | BitOperations.TrailingZeroCount(bits);
                var value = score.Of(item);
                if (!float.IsNaN(value) && item != context.SeedItem)
                    top.Add(item, value);
            }
        }
    }
}

/// <summary>A score by item number; NaN for an item that has none. A struct, so that a scan inlines it.</summary>
internal interface IItemScore
{
    float Of(int item);
}
