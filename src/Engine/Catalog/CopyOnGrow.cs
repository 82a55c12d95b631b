namespace Recs.Engine.Catalog;

/// <summary>Arrays that one writer grows by copying while readers keep the array that they hold.</summary>
internal static class CopyOnGrow
{
    /// <summary>The same array when it is long enough, else a longer copy with the new places at <paramref name="absent"/>.</summary>
    public static T[] Grow<T>(T[] array, int length, T absent)
    {
        if (array.Length >= length)
            return array;
        var grown = new T[Math.Max(length, Math.Max(64, (int)Math.Min(array.Length * 2L, Array.MaxLength)))];
        array.AsSpan().CopyTo(grown);
        grown.AsSpan(array.Length).Fill(absent);
        return grown;
    }
}
