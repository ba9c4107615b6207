"""The pages of the developer portal and of its reviewers. Leaves every decision to ``lingpai.server.portal``."""
