using System.Numerics.Tensors;

namespace Recs.Engine.Catalog;

/// <summary>Set algebra on bit words. A shorter right-hand side is taken as zeros past its end.</summary>
internal static class BitWords
{
    public static void Or(Span<ulong> words, ReadOnlySpan<ulong> other) =>
        TensorPrimitives.BitwiseOr(words[..other.Length], other, words);

    public static void And(Span<ulong> words, ReadOnlySpan<ulong> other)
    {
        if (other.Length > words.Length)
            other = other[..words.Length];
        TensorPrimitives.BitwiseAnd(words[..other.Length], other, words);
        words[other.Length..].Clear();
    }

    public static void Not(Span<ulong> words) => TensorPrimitives.OnesComplement(words, words);

    /// <summary>Copies; zeros past the source's end.</summary>
    public static void Copy(ReadOnlySpan<ulong> source, Span<ulong> words)
    {
        if (source.Length > words.Length)
            source = source[..words.Length];
        source.CopyTo(words);
        words[source.Length..].Clear();
    }
}
