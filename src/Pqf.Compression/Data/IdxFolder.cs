using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>A folder with the four files of MNIST and its successors: <c>train</c> and <c>t10k</c>, images and labels, each plain or as
/// <c>.gz</c>.</summary>
/// <param name="Train">To train on.</param>
/// <param name="Test">To validate on.</param>
/// <param name="ClassCount">One more than the highest class in <paramref name="Train"/>.</param>
public sealed record IdxFolder(ImageSet.Grey Train, ImageSet.Grey Test, int ClassCount)
{
    const string Images = "images-idx3-ubyte";

    /// <summary>Whether a folder holds images to train on in this form.</summary>
    public static bool IsOne(string folder) => Find(folder, $"train-{Images}").Match(_ => true, _ => false);

    /// <summary>Reads a folder.</summary>
    /// <returns>An error that names the file or folder that is missing, damaged or does not fit the others.</returns>
    public static Result<IdxFolder, PqfError> Open(string folder) =>
        FolderWalk
            .Check(folder, "IDX files")
            .Bind(_ => Read(folder, "train"))
            .Bind(train =>
                Read(folder, "t10k")
                    .Bind<IdxFolder>(test =>
                    {
                        int classCount = train.Classes.ToArray().Max() + 1,
                            highest = test.Classes.ToArray().Max();
                        return highest < classCount
                            ? new IdxFolder(train, test, classCount)
                            : new PqfError.File(
                                folder,
                                $"its t10k labels go to {highest}; expected those of train, which go to {classCount - 1}"
                            );
                    })
            );

    static Result<ImageSet.Grey, PqfError> Read(string folder, string part) =>
        from path in Find(folder, $"{part}-{Images}")
        from images in IdxFile.Read(path, 3)
        from labelPath in Find(folder, $"{part}-labels-idx1-ubyte")
        from labels in IdxFile.Read(labelPath, 1)
        from set in Labelled(images, path, labels, labelPath)
        select set;

    static Result<ImageSet.Grey, PqfError> Labelled(IdxFile images, string path, IdxFile labels, string labelPath)
    {
        var (count, height, width) = (images.Lengths[0], images.Lengths[1], images.Lengths[2]);
        if (images.Values.Length == 0)
            return new PqfError.File(path, "holds no images");
        return count == labels.Values.Length
            ? new ImageSet.Grey(height, width, images.Values, labels.Values)
            : new PqfError.File(labelPath, $"expected {count} labels, as there are images, got {labels.Values.Length}");
    }

    static Result<string, PqfError> Find(string folder, string name)
    {
        string plain = Path.Combine(folder, name);
        return new[] { plain, plain + ".gz" }.FirstOrDefault(File.Exists) is { } found
            ? found
            : new PqfError.File(plain, "not found, nor with .gz");
    }
}
