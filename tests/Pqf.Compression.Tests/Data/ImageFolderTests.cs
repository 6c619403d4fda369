using Pqf.Compression.Data;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Touch(params string[] files)
    {
        foreach (string file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(file))!);
            File.WriteAllBytes(folder.File(file), []);
        }
    }

    IEnumerable<(string, int)> Listed(ImageFolder opened) =>
        opened.Images.Select(image => (Path.GetRelativePath(folder.Path, image.Path), image.Class));

    [Fact]
    public void Classes_are_numbered_in_ordinal_order_of_their_folders()
    {
        Touch(
            "dog/b.jpg",
            "dog/a.PNG",
            "dog/notes.txt",
            "dog/.hidden.jpg",
            "Cat/deep/x.jpeg",
            "ant, red/1.webp",
            ".git/a.jpg",
            "loose.jpg"
        );
        var opened = ImageFolder.Open(folder.Path).Value();
        Assert.False(opened.IsImageNet);
        Assert.Equal([(0, "Cat"), (1, "ant, red"), (2, "dog")], opened.Classes.Select(pair => (pair.Key, pair.Value)));
        Assert.Equal([("Cat/deep/x.jpeg", 0), ("ant, red/1.webp", 1), ("dog/a.PNG", 2), ("dog/b.jpg", 2)], Listed(opened));
    }

    [Fact]
    public void Wnids_keep_ImageNet_s_numbers_even_when_only_some_are_there()
    {
        Touch("n02814533/a.jpg", "n01440764/a.jpg");
        var opened = ImageFolder.Open(folder.Path).Value();
        Assert.True(opened.IsImageNet);
        Assert.Equal([("n01440764/a.jpg", 0), ("n02814533/a.jpg", 436)], Listed(opened));
        Assert.Equal("beach wagon", opened.Classes[436]);
    }

    [Fact]
    public void One_folder_that_is_no_wnid_makes_them_ordinary_names()
    {
        Touch("n02814533/a.jpg", "cats/a.jpg");
        Assert.Equal([("cats/a.jpg", 0), ("n02814533/a.jpg", 1)], Listed(ImageFolder.Open(folder.Path).Value()));
    }

    [Fact]
    public void The_photographs_have_the_classes_of_their_labels()
    {
        string root = SharedData.Path("data/imagenet-ccby");
        var opened = ImageFolder.Open(Path.Combine(root, "val")).Value();
        var labels = File.ReadLines(Path.Combine(root, "labels.csv"))
            .Skip(1)
            .Select(line => line.Split(','))
            .Select(fields => (fields[0], int.Parse(fields[1])))
            .Order();
        Assert.Equal(labels, opened.Images.Select(image => (Path.GetRelativePath(root, image.Path), image.Class)).Order());
    }

    [Fact]
    public void All_images_under_a_folder_are_found_without_classes()
    {
        Touch("b.jpg", "a/x.jpg", "a/y.txt");
        Assert.Equal(
            ["a/x.jpg", "b.jpg"],
            ImageFolder.FindImages(folder.Path).Value().Select(path => Path.GetRelativePath(folder.Path, path))
        );
    }

    [Fact]
    public void A_missing_folder_is_an_error()
    {
        Assert.Equal($"{folder.File("none")}: folder not found", ImageFolder.Open(folder.File("none")).ErrorMessage());
        Assert.Equal($"{folder.File("none")}: folder not found", ImageFolder.FindImages(folder.File("none")).ErrorMessage());
    }

    [Fact]
    public void A_file_is_an_error()
    {
        Touch("a.jpg");
        Assert.Equal(
            $"{folder.File("a.jpg")}: is a file; expected a folder of images",
            ImageFolder.Open(folder.File("a.jpg")).ErrorMessage()
        );
    }

    [Fact]
    public void A_folder_without_class_folders_is_an_error()
    {
        Touch("a.jpg");
        Assert.Equal(
            $"{folder.Path}: has no class folders; expected one folder of images per class",
            ImageFolder.Open(folder.Path).ErrorMessage()
        );
    }

    [Fact]
    public void Class_folders_without_images_are_an_error()
    {
        Touch("cat/notes.txt");
        string message = $"{folder.Path}: holds no images (.jpg, .jpeg, .png, .bmp, .gif, .webp)";
        Assert.Equal(message, ImageFolder.Open(folder.Path).ErrorMessage());
        Assert.Equal(message, ImageFolder.FindImages(folder.Path).ErrorMessage());
    }
}
