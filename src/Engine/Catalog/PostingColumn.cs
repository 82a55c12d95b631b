using System.Collections.Concurrent;

namespace Recs.Engine.Catalog;

/// <summary>Several texts per item number, as one posting per text. One writer; readers never wait.</summary>
internal sealed class PostingColumn
{
    private readonly ConcurrentDictionary<string, Posting> _postings = new(StringComparer.Ordinal);

    public Posting? Find(string text) => _postings.GetValueOrDefault(text);

    /// <summary>Makes the number carry the texts of <paramref name="now"/> and no longer those of <paramref name="before"/>.</summary>
    public void Change(int number, IReadOnlyList<string> before, IReadOnlyList<string> now, int numbers)
    {
        for (var i = 0; i < before.Count; i++)
        {
            if (!Contains(now, before[i]))
                Remove(number, before[i]);
        }

        for (var i = 0; i < now.Count; i++)
        {
            if (!_postings.TryGetValue(now[i], out var posting))
                _postings[now[i]] = posting = new Posting();
            posting.Add(number, numbers);
        }
    }

    /// <summary>Tells the postings of these texts that an item changed, after it did.</summary>
    public void Touch(int number, IReadOnlyList<string> texts)
    {
        for (var i = 0; i < texts.Count; i++)
            Find(texts[i])?.Touch(number);
    }

    private void Remove(int number, string text)
    {
        if (!_postings.TryGetValue(text, out var posting))
            return;
        posting.Remove(number);
        if (posting.Count == 0)
            _postings.TryRemove(text, out _);
    }

    private static bool Contains(IReadOnlyList<string> texts, string text)
    {
        for (var i = 0; i < texts.Count; i++)
        {
            if (string.Equals(texts[i], text, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
