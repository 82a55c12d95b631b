using System.Text;

namespace Recs.Engine.Models;

/// <summary>ranker.json of a model folder. Its kind says what it is; logistic is the one there is.</summary>
internal static class RankerFile
{
    public static void Write(Stream stream, IRanker ranker)
    {
        if (ranker is not LogisticRanker logistic)
            throw new NotSupportedException($"A {ranker.GetType().Name} has no form in {ModelFiles.Ranker}.");
        stream.Write(Encoding.UTF8.GetBytes(logistic.Parameters.ToJson()));
    }

    /// <summary>Throws <see cref="InvalidDataException"/> when damaged, or when trained on other features than this build makes.</summary>
    public static IRanker Read(Stream stream, string file)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            var parameters = LogisticRankerParameters.FromJson(reader.ReadToEnd());
            if (parameters.Names is null || parameters.Means is null || parameters.Scales is null || parameters.Weights is null)
                throw new InvalidDataException("ranker: a list is null.");
            return new LogisticRanker(parameters);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{file}: {e.Message}", e);
        }
    }
}
