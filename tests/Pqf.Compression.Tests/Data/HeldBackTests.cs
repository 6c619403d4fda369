using Pqf.Compression.Data;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Data;

public sealed class HeldBackTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("train/")]
    public void A_share_of_each_class_is_held_back(string part)
    {
        Images($"{part}cat", 20);
        Images($"{part}dog", 10);
        Images($"{part}emu", 2);
        var found = Open(0.2).Value();
        var sets = found.Sets;
        // 0.2 · 20, 0.2 · 10, and one at least.
        Assert.Equal([0, 0, 0, 0, 1, 1, 2], Classes(sets.Validation));
        Assert.Equal((25, 7), (sets.Train.Count, sets.Validation.Count));
        Assert.Equal(32, Paths(sets.Train).Union(Paths(sets.Validation)).Count());
        Assert.Equal(
            [
                $"{folder.Path}: holding back 7 of 32 images to validate on, drawn from each class (dataloader.validation_fraction 0.2, "
                    + "split_seed 0)",
            ],
            found.Notes
        );
    }

    [Fact]
    public void One_seed_gives_one_part_and_another_seed_another()
    {
        Images("cat", 40);
        Images("dog", 40);
        var first = Paths(Open(0.25, 7).Value().Sets.Validation);
        Assert.Equal(first, Paths(Open(0.25, 7).Value().Sets.Validation));
        Assert.NotEqual(first, Paths(Open(0.25, 8).Value().Sets.Validation));
        // They are not the first or the last files by name.
        Assert.NotEqual(first, Paths(Open(0.25, 7).Value().Sets.Train).Take(20));
        Assert.NotEmpty(first.Select(Path.GetFileName).Intersect(["0.png", "1.png", "2.png", "3.png", "10.png", "11.png", "12.png"]));
    }

    [Fact]
    public void Images_of_one_class_do_not_change_the_part_of_another()
    {
        Images("dog", 40);
        Images("fox", 4);
        var dogs = Paths(Open(0.25).Value().Sets.Validation).Where(path => path.Contains("dog", StringComparison.Ordinal)).ToList();
        Images("cat", 30);
        Images("fox", 9);
        Assert.Equal(10, dogs.Count);
        Assert.Equal(dogs, Paths(Open(0.25).Value().Sets.Validation).Where(path => path.Contains("dog", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_class_of_one_image_is_trained_on_and_named()
    {
        Images("cat", 3);
        Images("dog", 1);
        var found = Open(0.9).Value();
        Assert.Equal([0, 1], Classes(found.Sets.Train));
        Assert.Equal([0, 0], Classes(found.Sets.Validation));
        Assert.Equal(
            $"{folder.Path}: only one image each of dog; it is trained on: how well they are learnt is not measured",
            found.Notes[^1]
        );
    }

    [Fact]
    public void Images_to_validate_on_that_are_not_used_are_named()
    {
        Images("train/cat", 4);
        Images("train/dog", 4);
        Images("val/cat", 9);
        var found = Open(0.5).Value();
        Assert.Equal((4, 4), (found.Sets.Train.Count, found.Sets.Validation.Count));
        Assert.Equal($"{folder.Path}: the images of {folder.File("val")} are not used", found.Notes[^1]);
    }

    [Fact]
    public void IDX_files_are_split_too()
    {
        IdxFiles.Write(folder.Path, 44, 12);
        var found = TrainingImages.Open(new() { IdxFolder = folder.Path, HeldBack = new HeldBack(0.25, 0) }, NoReader).Value();
        Assert.Equal(44, found.Sets.Train.Count + found.Sets.Validation.Count);
        Assert.Equal($"{folder.Path}: t10k is not used", found.Notes[^1]);
    }

    [Fact]
    public void What_cannot_be_split_is_named()
    {
        Images("cat", 1);
        Images("dog", 1);
        Assert.Equal(
            $"configuration: dataloader.validation_fraction: expected a class of two images or more in {folder.Path}: one to train on and "
                + "one to hold back, got classes of one image",
            Open(0.5).ErrorMessage()
        );
        Assert.Equal(
            "configuration: dataloader.validation_fraction: expected one of validation_fraction and train_images_per_class, got both",
            TrainingImages
                .Open(
                    new()
                    {
                        ImageFolder = folder.Path,
                        HeldBack = new HeldBack(0.5, 0),
                        TrainImagesPerClass = 1,
                    },
                    NoReader
                )
                .ErrorMessage()
        );
    }

    Tensors.Result<TrainingImages, Tensors.PqfError> Open(double fraction, long seed = 0) =>
        TrainingImages.Open(new() { ImageFolder = folder.Path, HeldBack = new HeldBack(fraction, seed) }, NoReader);

    // Images are listed and never decoded.
    static ImageReader NoReader { get; } = new(path => new Tensors.PqfError.File(path, "is not decoded"));

    void Images(string name, int count)
    {
        Directory.CreateDirectory(folder.File(name));
        for (int i = 0; i < count; i++)
            File.WriteAllBytes(folder.File($"{name}/{i}.png"), []);
    }

    static IEnumerable<string> Paths(ImageSet set) =>
        set is ImageSet.Part { Images: ImageSet.Files files } part ? [.. part.Places.Select(place => files.Images[place].Path)] : [];

    static IEnumerable<int> Classes(ImageSet set) => Enumerable.Range(0, set.Count).Select(set.ClassOf);
}
