namespace Recs.Engine.Catalog;

/// <summary>A set of item numbers, one bit each. Not thread-safe; made for one page, or by one source.</summary>
public sealed class ItemMask
{
    private ulong[] _words = [];

    /// <summary>Numbers it covers: 0 to <see cref="Length"/> - 1.</summary>
    public int Length { get; private set; }

    /// <summary>Number n is bit n % 64 of word n / 64; bits past <see cref="Length"/> are 0.</summary>
    public Span<ulong> Words => _words.AsSpan(0, (Length + 63) >> 6);

    /// <summary>Covers <paramref name="length"/> numbers, all cleared.</summary>
    public void Reset(int length)
    {
        var words = (length + 63) >> 6;
        if (_words.Length < words)
            _words = new ulong[words];
        Length = length;
        Words.Clear();
    }

    /// <summary>False for a number outside the mask.</summary>
    public bool this[int number] =>
        (uint)number < (uint)Length && (_words[number >> 6] >> (number & 63) & 1) != 0;

    public void Add(int number) => _words[number >> 6] |= 1UL << (number & 63);

    /// <summary>Does nothing for a number outside the mask.</summary>
    public void Remove(int number)
    {
        if ((uint)number < (uint)Length)
            _words[number >> 6] &= ~(1UL << (number & 63));
    }

    public int CountSet()
    {
        var count = 0;
        foreach (var word in Words)
            count += System.Numerics.BitOperations.PopCount(word);
        return count;
    }
}
