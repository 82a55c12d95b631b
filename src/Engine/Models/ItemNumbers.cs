namespace Recs.Engine.Models;

/// <summary>
/// Between a model's files, which speak of rows of its own item table, and a loaded model, which speaks of the
/// process's item numbers. The table's first rows are those of the factors, in their order.
/// </summary>
internal static class ItemNumbers
{
    /// <param name="Ids">By row.</param>
    /// <param name="Neighbours">By row, of rows.</param>
    /// <param name="Linear">By row, of rows.</param>
    /// <param name="Popularity">By row.</param>
    public sealed record Table(string[] Ids, ItemNeighbours Neighbours, ItemNeighbours Linear, float[] Popularity);

    /// <summary>The item table of a model in memory: every item with factors, neighbours, weights, or some popularity.</summary>
    public static Table TableOf(RecommenderModel model, ItemCatalog catalog)
    {
        var rowOf = new Dictionary<int, int>();
        var numbers = new List<int>();
        int RowOf(int number)
        {
            if (!rowOf.TryGetValue(number, out var row))
            {
                rowOf.Add(number, row = numbers.Count);
                numbers.Add(number);
            }

            return row;
        }

        foreach (var number in model.Factors.ItemOfRow)
            RowOf(number);
        foreach (var list in (ItemNeighbours[])[model.Neighbours, model.Linear])
        {
            for (var number = 0; number < list.Offsets.Length - 1; number++)
            {
                if (list.Of(number).Length > 0)
                    RowOf(number);
            }

            foreach (var number in list.Items)
                RowOf(number);
        }

        for (var number = 0; number < model.Popularity.Length; number++)
        {
            if (model.Popularity[number] > 0)
                RowOf(number);
        }

        var popularity = new float[numbers.Count];
        for (var row = 0; row < popularity.Length; row++)
            popularity[row] = numbers[row] < model.Popularity.Length ? model.Popularity[numbers[row]] : 0;
        return new Table(
            [.. numbers.Select(catalog.IdOf)], ByRow(model.Neighbours, numbers, rowOf), ByRow(model.Linear, numbers, rowOf), popularity);
    }

    private static ItemNeighbours ByRow(ItemNeighbours byNumber, List<int> numbers, Dictionary<int, int> rowOf)
    {
        var offsets = new int[numbers.Count + 1];
        var rows = new List<int>(byNumber.Items.Length);
        var scores = new List<float>(byNumber.Items.Length);
        for (var row = 0; row < numbers.Count; row++)
        {
            foreach (var other in byNumber.Of(numbers[row]))
                rows.Add(rowOf[other]);
            scores.AddRange(byNumber.ScoresOf(numbers[row]));
            offsets[row + 1] = rows.Count;
        }

        return new ItemNeighbours { Offsets = offsets, Items = [.. rows], Scores = [.. scores] };
    }

    /// <summary>Gives the ids their numbers; an item beyond the catalogue's cap is left out everywhere.</summary>
    public static RecommenderModel Bind(
        ModelManifest manifest, string[] ids, StoredFactors factors, ItemNeighbours neighbours, ItemNeighbours linear,
        float[] popularity, IRanker ranker, IRanker? conversion, ItemCatalog catalog)
    {
        var numbers = new int[ids.Length];
        for (var row = 0; row < ids.Length; row++)
            numbers[row] = NumberOf(catalog, ids[row]);
        var count = numbers.Length == 0 ? 0 : Math.Max(0, numbers.Max() + 1);
        var byNumber = new float[count];
        for (var row = 0; row < popularity.Length; row++)
        {
            if (numbers[row] >= 0)
                byNumber[numbers[row]] = popularity[row];
        }

        return new RecommenderModel
        {
            Manifest = manifest,
            Factors = BindFactors(factors, numbers, count),
            Neighbours = BindNeighbours(neighbours, numbers, count),
            Linear = BindNeighbours(linear, numbers, count),
            Popularity = byNumber,
            Ranker = ranker,
            Conversion = conversion,
        };
    }

    private static ItemFactors BindFactors(StoredFactors factors, int[] numbers, int count)
    {
        var rank = factors.Rank;
        var itemOfRow = new List<int>(factors.Rows);
        var rowOfItem = new int[count];
        Array.Fill(rowOfItem, -1);
        for (var row = 0; row < factors.Rows; row++)
        {
            if (numbers[row] < 0)
                continue;
            // Closing the gaps in place: a row only ever moves towards the front.
            if (itemOfRow.Count != row)
                factors.Values.AsSpan(row * rank, rank).CopyTo(factors.Values.AsSpan(itemOfRow.Count * rank));
            rowOfItem[numbers[row]] = itemOfRow.Count;
            itemOfRow.Add(numbers[row]);
        }

        var values = itemOfRow.Count == factors.Rows ? factors.Values : factors.Values[..(itemOfRow.Count * rank)];
        return new ItemFactors
        {
            Rank = rank,
            ItemOfRow = [.. itemOfRow],
            RowOfItem = rowOfItem,
            Values = values,
            Gramian = Gramian.Of(values, itemOfRow.Count, rank),
            Alpha = factors.Alpha,
            UnobservedWeight = factors.UnobservedWeight,
            Lambda = factors.Lambda,
            RegularizationExponent = factors.RegularizationExponent,
        };
    }

    private static ItemNeighbours BindNeighbours(ItemNeighbours stored, int[] numbers, int count)
    {
        var rowOf = new int[count];
        Array.Fill(rowOf, -1);
        for (var row = 0; row < numbers.Length; row++)
        {
            if (numbers[row] >= 0)
                rowOf[numbers[row]] = row;
        }

        var offsets = new int[count + 1];
        var items = new List<int>(stored.Items.Length);
        var scores = new List<float>(stored.Items.Length);
        for (var number = 0; number < count; number++)
        {
            if (rowOf[number] >= 0)
            {
                var of = stored.Of(rowOf[number]);
                var scoresOf = stored.ScoresOf(rowOf[number]);
                for (var k = 0; k < of.Length; k++)
                {
                    if (numbers[of[k]] < 0)
                        continue;
                    items.Add(numbers[of[k]]);
                    scores.Add(scoresOf[k]);
                }
            }

            offsets[number + 1] = items.Count;
        }

        return new ItemNeighbours { Offsets = offsets, Items = [.. items], Scores = [.. scores] };
    }

    private static int NumberOf(ItemCatalog catalog, string id)
    {
        if (catalog.TryGetNumber(id, out var number))
            return number;
        try
        {
            return catalog.Intern(id);
        }
        catch (RecommenderException e) when (e.Kind is RefusalKind.TooLarge or RefusalKind.Overloaded or RefusalKind.StorageFull)
        {
            return -1;
        }
    }
}
